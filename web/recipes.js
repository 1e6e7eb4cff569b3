// @ts-check
/** The rules of `recipes/` that a page needs: what a recipe says, and what a person changes in it. */

import { PlanError, general } from "./plan_error.js";

/** @typedef {number[] | Record<string, number[]>} Lists one list, or lists by number of steps */
/**
 * @typedef {{id: string, name: string, family: string, base: string, kind: string, sampler: string,
 *   spacing: string, steps: number[], cfg: number[], gamma?: number, strength?: number,
 *   timesteps?: string | Record<string, string>, prediction?: string,
 *   u?: Lists, sigmas?: Lists, shift?: import("./levels.js").Shift,
 *   graph_needs?: string[], loader_needs?: string[], blocked?: string, half?: string,
 *   stacks?: boolean}} Recipe
 * @typedef {import("./timesteps.js").Sampler} Sampler
 * @typedef {{recipes: Record<string, Recipe>, samplers: Record<string, Sampler>,
 *   makes: Record<string, string | Record<string, string>>}} Catalog `makes` names the sampler that
 *   a node makes, or the one of each of its modes
 */

/** @type {Catalog} */
export const NOTHING_KNOWN = { recipes: {}, samplers: {}, makes: {} };

/** What the definition of Few-step recipe tells the page. @param {any} nodeData @returns {Catalog} */
export const catalogOf = (nodeData) => {
  const told = nodeData?.input?.required?.recipe?.[1]?.fewstep;
  if (!told) return NOTHING_KNOWN;
  return {
    recipes: by("id", JSON.parse(told.recipes)),
    samplers: by("name", JSON.parse(told.samplers)),
    makes: JSON.parse(told.makes),
  };
};

/** @param {string} key @param {any[]} list */
const by = (key, list) => Object.fromEntries(list.map((one) => [one[key], one]));

/**
 * The recipe with what a Few-step recipe node changes.
 * @param {Recipe} recipe
 * @param {{steps: number, cfg: number, gamma: number, strength: number, shift?: number}} to
 * @returns {Recipe}
 */
export const changed = (recipe, to) => ({
  ...withShift(recipe, to.shift ?? 0),
  steps: [to.steps > 0 ? to.steps : recipe.steps[0], ...recipe.steps.slice(1)],
  cfg: [to.cfg > 0 ? to.cfg : recipe.cfg[0], ...recipe.cfg.slice(1)],
  gamma: to.gamma >= 0 ? to.gamma : recipe.gamma,
  strength: to.strength >= 0 ? to.strength : recipe.strength,
});

/**
 * The recipe with a shift set by hand; 0 is its own. Raises PlanError where it would change nothing.
 * @param {Recipe} recipe @param {number} shift @returns {Recipe}
 */
export const withShift = (recipe, shift) => {
  if (!(shift > 0)) return recipe;
  if (recipe.sigmas) throw new PlanError("listsLevels", { name: recipe.name });
  if (recipe.prediction !== "flow") throw new PlanError("noFlow", { name: recipe.name });
  return { ...recipe, shift };
};

/** The part of a list's name that is no number of steps. */
const STAGE = "stage 2";

/**
 * What a recipe sets of a schedule, for a number of steps and a denoise. Raises PlanError.
 * @param {Recipe} recipe @param {number} steps @param {number} denoise
 */
export const gridOf = (recipe, steps, denoise) => {
  const { spacing, shift = null } = recipe;
  const set = { steps, denoise, spacing, shift, flow: recipe.prediction === "flow" };
  const lists = recipe.u ?? recipe.sigmas;
  if (!lists) return { ...set, listed: listedOf(recipe, steps) };
  const { [STAGE]: stage, ...bySteps } = Array.isArray(lists) ? { [lists.length]: lists } : lists;
  const known = [...Object.keys(bySteps), ...(stage && denoise < 1 ? [String(stage.length)] : [])];
  if (!known.includes(String(steps))) {
    throw new PlanError("noSchedule", { name: recipe.name, steps, known: known.join(", ") });
  }
  const asItStands = !!stage && denoise < 1;
  return { ...set, [recipe.u ? "nodes" : "sigmas"]: asItStands ? stage : bySteps[steps], asItStands };
};

/** The list of timesteps for so many steps. @param {Recipe} recipe @param {number} count */
export const listedOf = (recipe, count) => {
  const lists = recipe.timesteps ?? "";
  if (typeof lists === "string") return lists;
  if (!(count in lists)) {
    const known = Object.keys(lists).join(", ");
    throw new PlanError("noList", { name: recipe.name, steps: count, known });
  }
  return lists[count];
};

/**
 * What a person should know about these settings, as codes of strings.js and what fills them.
 * @param {Recipe} recipe @param {number} steps @param {number} cfg
 * @returns {[string, Record<string, unknown>][]}
 */
export const warningsOf = (recipe, steps, cfg) => {
  /** @type {[string, Record<string, unknown>][]} */
  const found = [];
  if (recipe.blocked) found.push(["blocked", { why: recipe.blocked }]);
  if (!admits(recipe.steps, steps)) found.push(["madeForSteps", { span: span(recipe.steps), steps }]);
  if (!admits(recipe.cfg, cfg)) {
    found.push(["madeForCfg", { span: span(recipe.cfg), cfg: general(cfg) }]);
  }
  return found;
};

/** @param {number[]} choice @param {number} value */
const admits = ([, low, high], value) => low <= value && value <= high;

/** @param {number[]} choice */
const span = ([, low, high]) => (low === high ? general(low) : `${general(low)}-${general(high)}`);

/** A default with the range its authors give. @param {number[]} choice */
export const choiceText = (choice) => {
  const own = general(choice[0]);
  return own === span(choice) ? own : `${own} (${span(choice)})`;
};

/** @param {Recipe} recipe @param {Catalog} catalog @returns {Sampler | null} null for a sampler of ComfyUI, whose noise is its own affair */
export const samplerOf = (recipe, { samplers }) => {
  const ours = samplers[recipe.sampler];
  return ours ? { ...ours, gamma: recipe.gamma ?? 0 } : null;
};
