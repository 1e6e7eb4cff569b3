// @ts-check
/** FewStep's page: schedules and recipes shown on the nodes, before anything runs. */

import { api } from "../../scripts/api.js";
import { app } from "../../scripts/app.js";
import { createKept } from "./kept.js";
import { listMadeFiles } from "./made_files.js";
import { createPanels } from "./panels.js";
import { createOptions } from "./options.js";
import { sortTemplates } from "./templates.js";

const panels = createPanels(app, api);
const options = createOptions(app, api);
const kept = createKept(app, api);

app.registerExtension({
  name: "fewstep.nodes",
  beforeRegisterNodeDef: (/** @type {any} */ _, /** @type {any} */ nodeData) => {
    if (nodeData.name === "FewStepRecipe") panels.learn(nodeData);
  },
  setup: () => {
    sortTemplates(api);
    listMadeFiles(app, api);
    // Any change of the graph, also of nodes that are not ours, can change what is known.
    api.addEventListener("graphChanged", panels.refreshSoon);
    return options.load();
  },
  nodeCreated: (/** @type {any} */ node) => {
    options.label(node);
    panels.attach(node);
    kept.attach(node);
  },
  afterConfigureGraph: () => panels.refreshSoon(),
  // The page's Refresh, for files that were added, taken away or changed.
  refreshComboInNodes: () => panels.forgetFiles(),
});
