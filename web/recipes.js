// @ts-check
/** The rules of `recipes/` that a page needs: what a recipe says, and what a person changes in it. */

import { PlanError, general } from "./timesteps.js";

/**
 * @typedef {{id: string, name: string, family: string, base: string, kind: string, sampler: string,
 *   spacing: string, steps: number[], cfg: number[], gamma?: number, strength?: number,
 *   timesteps?: string | Record<string, string>, prediction?: string, shift?: number,
 *   graph_needs?: string[], loader_needs?: string[], blocked?: string}} Recipe
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
 * @param {{steps: number, cfg: number, gamma: number, strength: number}} to
 * @returns {Recipe}
 */
export const changed = (recipe, to) => ({
  ...recipe,
  steps: [to.steps > 0 ? to.steps : recipe.steps[0], ...recipe.steps.slice(1)],
  cfg: [to.cfg > 0 ? to.cfg : recipe.cfg[0], ...recipe.cfg.slice(1)],
  gamma: to.gamma >= 0 ? to.gamma : recipe.gamma,
  strength: to.strength >= 0 ? to.strength : recipe.strength,
});

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

/** @param {Recipe} recipe @param {Catalog} catalog @returns {Sampler} */
export const samplerOf = (recipe, { samplers }) => ({
  ...samplers[recipe.sampler],
  gamma: recipe.gamma ?? 0,
});
