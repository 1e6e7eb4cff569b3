// @ts-check
/** FewStep's page: schedules and recipes shown on the nodes, before anything runs. */

import { api } from "../../scripts/api.js";
import { app } from "../../scripts/app.js";
import { createDesk } from "./desk.js";

const desk = createDesk(app);

app.registerExtension({
  name: "fewstep.nodes",
  beforeRegisterNodeDef: (/** @type {any} */ _, /** @type {any} */ nodeData) => {
    if (nodeData.name === "FewStepRecipe") desk.learn(nodeData);
  },
  setup: () => {
    // Any change of the graph, also of nodes that are not ours, can change what is known.
    api.addEventListener("graphChanged", desk.refreshSoon);
  },
  nodeCreated: (/** @type {any} */ node) => desk.attach(node),
  afterConfigureGraph: () => desk.refreshSoon(),
});
