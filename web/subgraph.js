// @ts-check
/** Which node stands for a subgraph in the graph around it. */

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
