// @ts-check
/** A LoRA that a run has saved is in the loaders' lists at once. */

import { nodeAt } from "./subgraph.js";

const SAVES = "FewStepSaveAccelerator";

/** @param {any} app @param {any} api */
export const listMadeFiles = (app, api) =>
  api.addEventListener("executed", (/** @type {any} */ { detail }) => {
    const node = nodeAt(app.rootGraph ?? app.graph, detail.node);
    if (node?.comfyClass === SAVES) app.refreshComboInNodes();
  });
