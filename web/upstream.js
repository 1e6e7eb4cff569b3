// @ts-check
/** What feeds a node, read from the graph without changing it, also across subgraphs. */

import { isShell, shellOf } from "./subgraph.js";

const MUTED = 2;
const BYPASSED = 4;
const REROUTES = ["Reroute"];
const VALUES = /^Primitive(Node|Int|Float|String|Boolean)$/;

/**
 * An output, or a widget that a subgraph's own node shows for the nodes in it.
 * @typedef {{node: any, slot: number} | {node: any, widget: any}} Source
 */

/** @param {any} node @param {string} name */
const slotOf = (node, name) => node.inputs?.find((/** @type {any} */ slot) => slot.name === name);

/** @param {any} graph @param {number | null | undefined} id */
const linkOf = (graph, id) => (id == null ? null : (graph?.getLink?.(id) ?? null));

/** Whether an input has a link. @param {any} node @param {string} name */
export const isLinked = (node, name) => slotOf(node, name)?.link != null;

/**
 * What is at the other end of an input, past reroutes, bypassed nodes and the walls of subgraphs.
 * @param {any} node @param {string} name
 * @returns {Source | null} null where nothing runs there
 */
export const sourceOf = (node, name) => follow(node.graph, slotOf(node, name)?.link);

/** @param {any} graph @param {number | null | undefined} id @returns {Source | null} */
const follow = (graph, id) => {
  const link = linkOf(graph, id);
  if (!link) return null;
  if (link.origin_id === graph.inputNode?.id) return fromOutside(graph, link.origin_slot);
  const origin = graph.getNodeById(link.origin_id);
  if (!origin || origin.mode === MUTED) return null;
  if (origin.mode === BYPASSED) {
    const type = origin.outputs[link.origin_slot]?.type;
    const through = origin.inputs?.find((/** @type {any} */ one) => one.type === type);
    return follow(graph, through?.link);
  }
  if (REROUTES.includes(origin.type)) return follow(graph, origin.inputs[0]?.link);
  if (isShell(origin)) return follow(origin.subgraph, origin.subgraph.outputs[link.origin_slot]?.linkIds[0]);
  return { node: origin, slot: link.origin_slot };
};

/** @param {any} graph @param {number} place @returns {Source | null} */
const fromOutside = (graph, place) => {
  const shell = shellOf(graph);
  // What is used in several places has a value in each of them.
  if (!shell) return { node: { type: "", title: graph.name }, slot: place };
  const slot = shell.inputs[place];
  if (slot?.link != null) return follow(shell.graph, slot.link);
  return slot?.widget ? { node: shell, widget: widgetOf(shell, slot.widget.name) } : null;
};

/**
 * A setting of a node: its value, or undefined where another node makes it during the run.
 * @param {any} node @param {string} name
 */
export const setting = (node, name) => {
  if (!isLinked(node, name)) return widgetOf(node, name)?.value;
  const source = sourceOf(node, name);
  if (source && "widget" in source) return source.widget?.value;
  return source && VALUES.test(source.node.type) ? source.node.widgets?.[0]?.value : undefined;
};

/** @param {any} node @param {string} name */
export const widgetOf = (node, name) =>
  node.widgets?.find((/** @type {any} */ widget) => widget.name === name);

/**
 * Settings by name, and the names of those that another node makes.
 * @param {any} node @param {string[]} names
 */
export const settings = (node, names) => {
  const values = Object.fromEntries(names.map((name) => [name, setting(node, name)]));
  return { values, unknown: names.filter((name) => values[name] === undefined) };
};

/** The nodes an output feeds, past reroutes and the walls of subgraphs. @param {any} node @param {number} slot @returns {any[]} */
export const targetsOf = (node, slot) => reached(node.graph, node.outputs?.[slot]?.links);

/** @param {any} graph @param {number[] | null | undefined} ids @returns {any[]} */
const reached = (graph, ids) =>
  (ids ?? []).flatMap((id) => {
    const link = linkOf(graph, id);
    if (!link) return [];
    if (link.target_id === graph.outputNode?.id) {
      const shell = shellOf(graph);
      return shell ? targetsOf(shell, link.target_slot) : [];
    }
    const target = graph.getNodeById(link.target_id);
    if (!target) return [];
    if (REROUTES.includes(target.type)) return targetsOf(target, 0);
    if (isShell(target)) return reached(target.subgraph, target.subgraph.inputs[link.target_slot]?.linkIds);
    return [target];
  });
