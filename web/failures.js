// @ts-check
/** What a run said when it failed in one of our nodes: kept until the next run begins. */

import { nodeAt } from "./subgraph.js";

/**
 * @param {any} app @param {any} api
 * @param {{failed: (node: any) => void, over: () => void}} on
 */
export const createFailures = (app, api, on) => {
  /** @type {Map<any, string>} */
  const sentences = new Map();

  api.addEventListener("execution_error", (/** @type {any} */ { detail }) => {
    const node = nodeAt(app.rootGraph ?? app.graph, detail.node_id);
    // Another tab's workflow can be on the page by now, with other nodes under the same ids.
    if (!node?.comfyClass?.startsWith("FewStep") || node.comfyClass !== detail.node_type) return;
    sentences.set(node, String(detail.exception_message).trim());
    on.failed(node);
  });
  api.addEventListener("execution_start", () => {
    if (!sentences.size) return;
    sentences.clear();
    on.over();
  });
  return { of: (/** @type {any} */ node) => sentences.get(node) };
};
