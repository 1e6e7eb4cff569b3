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
  const choices = (/** @type {string} */ language, /** @type {any} */ node, /** @type {any} */ widget) =>
    locales[language]?.nodeDefs?.[node.comfyClass]?.inputs?.[widget.name]?.options;
  const language = () =>
    (app.extensionManager.setting.get("Comfy.Locale") ?? "en").split("-")[0];
  return {
    load: async () => {
      locales = await api.getCustomNodesI18n();
    },
    /** @param {any} node */
    label: (node) => {
      if (!node.comfyClass?.startsWith("FewStep")) return;
      for (const widget of node.widgets ?? []) {
        // Files and recipes are called the same in all languages, and there are many of them.
        if (widget.type !== "combo" || !choices("en", node, widget)) continue;
        widget.options.getOptionLabel = (/** @type {string | null} */ value) =>
          choices(language(), node, widget)?.[value ?? ""] ?? value ?? "";
      }
    },
  };
};
