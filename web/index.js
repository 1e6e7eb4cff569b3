// @ts-check
/** FewStep's page: schedules and recipes shown on the nodes, before anything runs. */

import { api } from "../../scripts/api.js";
import { app } from "../../scripts/app.js";
import { createDesk } from "./desk.js";

const desk = createDesk(app, api);

app.registerExtension({
  name: "fewstep.nodes",
  beforeRegisterNodeDef: (/** @type {any} */ _, /** @type {any} */ nodeData) => {
    if (nodeData.name === "FewStepRecipe") desk.learn(nodeData);
  },
  nodeCreated: (/** @type {any} */ node) => desk.attach(node),
  afterConfigureGraph: () => desk.refreshSoon(),
});
