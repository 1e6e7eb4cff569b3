// @ts-check
/** Subgraphs: which node stands for one, and what is in it. */

/** Whether a node stands for a subgraph. @param {any} node */
export const isShell = (node) => Boolean(node.subgraph);

/**
 * The node that stands for a subgraph; null where none does, or several do.
 * @param {any} graph
 */
export const shellOf = (graph) => {
  const root = graph.rootGraph;
  const shells = [root, ...root.subgraphs.values()].flatMap((one) =>
    one.nodes.filter((/** @type {any} */ node) => node.subgraph === graph),
  );
  return shells.length === 1 ? shells[0] : null;
};

/**
 * The node that a run calls by this id: "5", or "3:5" for node 5 in the subgraph of node 3.
 * @param {any} graph @param {string | number} id @returns {any} undefined where there is none
 */
export const nodeAt = (graph, id) => {
  const [first, ...inner] = String(id).split(":");
  const node = graph?.getNodeById(first);
  return inner.length ? nodeAt(node?.subgraph, inner.join(":")) : node;
};
