// @ts-check
/** What feeds a node, read from the graph without changing it. */

const MUTED = 2;
const BYPASSED = 4;
const REROUTES = ["Reroute"];
const VALUES = /^Primitive(Node|Int|Float|String|Boolean)$/;

/** Where a value is: in `value`, or `unknown` with the title of the node that makes it. */

/** @param {any} node @param {string} name */
const slotOf = (node, name) => node.inputs?.find((/** @type {any} */ slot) => slot.name === name);

/** @param {any} node @param {number | null | undefined} id */
const linkOf = (node, id) => (id == null ? null : (node.graph?.getLink?.(id) ?? null));

/** Whether an input has a link. @param {any} node @param {string} name */
export const isLinked = (node, name) => slotOf(node, name)?.link != null;

/**
 * The node and output at the other end of an input, past reroutes and bypassed nodes.
 * @param {any} node @param {string} name
 * @returns {{node: any, slot: number} | null} null where nothing runs there
 */
export const sourceOf = (node, name) => follow(node, slotOf(node, name));

/** @param {any} node @param {any} slot @returns {{node: any, slot: number} | null} */
const follow = (node, slot) => {
  const link = linkOf(node, slot?.link);
  const origin = link && node.graph.getNodeById(link.origin_id);
  if (!origin || origin.mode === MUTED) return null;
  if (origin.mode === BYPASSED) {
    const type = origin.outputs[link.origin_slot]?.type;
    return follow(origin, origin.inputs?.find((/** @type {any} */ one) => one.type === type));
  }
  if (REROUTES.includes(origin.type)) return follow(origin, origin.inputs[0]);
  return { node: origin, slot: link.origin_slot };
};

/**
 * A setting of a node: its value, or undefined where another node makes it during the run.
 * @param {any} node @param {string} name
 */
export const setting = (node, name) => {
  if (!isLinked(node, name)) return widgetOf(node, name)?.value;
  const source = sourceOf(node, name);
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

/** The nodes an output feeds, past reroutes. @param {any} node @param {number} slot @returns {any[]} */
export const targetsOf = (node, slot) =>
  (node.outputs?.[slot]?.links ?? [])
    .map((/** @type {number} */ id) => linkOf(node, id))
    .map((/** @type {any} */ link) => link && node.graph.getNodeById(link.target_id))
    .filter(Boolean)
    .flatMap((/** @type {any} */ one) => (REROUTES.includes(one.type) ? targetsOf(one, 0) : [one]));
