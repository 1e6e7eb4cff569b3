// @ts-check
/** What files are, as the host tells it: asked once a file is chosen, and remembered. */

/**
 * @typedef {{recipe?: string, how?: string, twins?: string[], what?: string, base?: string,
 *   notes?: string[], checking?: boolean, absent?: string, error?: string, merge?: string}} Told
 *   `absent` names the folder that a file is not in; `checking` says that the host still reads it;
 *   `merge` is the family that a merge has in its name
 */

/** @param {any} api @param {() => void} changed called when more is known */
export const createFiles = (api, changed) => {
  /** @type {Map<string, Told>} */
  const known = new Map();

  /** @param {string} query @returns {Promise<Told>} */
  const answer = async (query) => {
    try {
      const response = await api.fetchApi(`/fewstep/file?${query}`);
      return response.ok ? await response.json() : { error: `ComfyUI answers ${response.status}` };
    } catch (error) {
      return { error: String(error) };
    }
  };

  /** @param {string} query */
  const ask = async (query) => {
    for (const whole of ["", "&whole=1"]) {
      const told = await answer(query + whole);
      known.set(query, told);
      changed();
      if (!told.checking) return;
    }
  };

  return {
    /** What is known so far. @param {string} folder @param {string} name @returns {Told} */
    told: (folder, name) => {
      const query = String(new URLSearchParams({ folder, name }));
      if (!known.has(query)) {
        known.set(query, { checking: true });
        ask(query);
      }
      return known.get(query) ?? {};
    },
    /** Asks anew: files can have come, gone or changed. */
    forget: () => {
      known.clear();
      changed();
    },
  };
};
