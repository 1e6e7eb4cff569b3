// @ts-check
/**
 * The choices of a list in the language of the page. The host looks up names and tooltips in
 * `locales/`, but not choices; what is saved and sent stays English.
 */

/** @typedef {Record<string, {inputs?: Record<string, {options?: Record<string, string>}>}>} Nodes */

/** @param {any} app @param {any} api */
export const createOptions = (app, api) => {
  /** @type {Record<string, {nodeDefs?: Nodes}>} */
  let locales = {};
  const words = () => {
    const locale = app.extensionManager.setting.get("Comfy.Locale") ?? "en";
    return locales[locale.split("-")[0]]?.nodeDefs ?? {};
  };
  return {
    load: async () => {
      locales = await api.getCustomNodesI18n();
    },
    /** @param {any} node */
    label: (node) => {
      const type = node.comfyClass;
      if (!type?.startsWith("FewStep")) return;
      for (const widget of node.widgets ?? []) {
        if (widget.type !== "combo") continue;
        widget.options.getOptionLabel = (/** @type {string | null} */ value) =>
          words()[type]?.inputs?.[widget.name]?.options?.[value ?? ""] ?? value ?? "";
      }
    },
  };
};
