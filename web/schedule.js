// @ts-check
/** From a node's widgets and links to the schedule it will make, in numbers and in words. */

import { levelsAt, recipeAt, samplerMet } from "./graph_settings.js";
import { listedOf, samplerOf, warningsOf } from "./recipes.js";
import { PlanError, general, planTimesteps, steps as stepsOf } from "./timesteps.js";
import { isLinked, settings } from "./upstream.js";

/**
 * @typedef {import("./theme.js").Line} Line
 * @typedef {{lines: Line[], picture: import("./plot.js").Picture}} Shown
 * @typedef {import("./strings.js").Say} Say
 * @typedef {import("./graph_settings.js").Facts} Facts
 */

/** Nodes with a schedule, and the widgets that make it. @type {Record<string, string[]>} */
export const SCHEDULES = {
  FewStepScheduler: ["steps", "spacing", "denoise", "timesteps", "img2img"],
  FewStepFromRecipe: ["steps", "denoise"],
  FewStepKSampler: ["steps", "cfg", "denoise"],
};

/** So many steps are named one by one. */
const LISTED = 16;

/** @param {any} node @param {Facts} facts @param {Say} say @returns {Shown} */
export const scheduleOf = (node, facts, say) => {
  const { values, unknown } = settings(node, SCHEDULES[node.type]);
  const own = node.type === "FewStepScheduler" && values.spacing !== "recipe";
  const free = own && !isLinked(node, "recipe");
  const { recipe, why } = free ? /** @type {any} */ ({}) : recipeAt(node, facts);
  const { levels, assumed } = levelsAt(node, recipe);
  const empty = { levels, steps: [], start: null };
  if (unknown.length) {
    const text = say("linked", { names: unknown.join(", ") });
    return { lines: [{ text, kind: "muted" }], picture: empty };
  }
  if (why) return { lines: [{ text: say(...why), kind: "muted" }], picture: empty };
  const count = values.steps || recipe.steps[0];
  try {
    const times = planTimesteps(asked(values, recipe, count));
    const met = node.type === "FewStepScheduler" ? samplerMet(node, facts) : null;
    const sampler = met ?? (recipe ? samplerOf(recipe, facts.catalog()) : null);
    const steps = stepsOf(times, levels, sampler);
    const start = values.denoise < 1 && times.length ? times[0] : null;
    const lines = [
      { text: timesText(times, values.denoise, say) },
      ...fewer(times, count, values, recipe, say),
      ...(times.length > 1 ? [noiseLine(steps, sampler, say)] : []),
      ...(recipe ? recipeLines(recipe, count, values.cfg || recipe.cfg[0], say) : []),
      ...(assumed ? [muted(say(...assumed))] : []),
    ];
    return { lines, picture: { levels, steps, start } };
  } catch (error) {
    if (!(error instanceof PlanError)) throw error;
    const text = say(error.code, error.values);
    return { lines: [{ text, kind: "error" }], picture: empty };
  }
};

/** @param {any} values @param {import("./recipes.js").Recipe | undefined} recipe @param {number} steps */
const asked = (values, recipe, steps) => ({
  steps,
  denoise: values.denoise,
  spacing: recipe ? recipe.spacing : values.spacing,
  listed: recipe ? listedOf(recipe, steps) : values.timesteps,
  img2img: values.img2img,
});

/** @param {number[]} times @param {number} denoise @param {Say} say */
const timesText = (times, denoise, say) => {
  if (!times.length) return say("denoiseZero");
  const key = `${times.length > 1 ? "stepsFrom" : "stepFrom"}${denoise < 1 ? "Denoise" : ""}`;
  return say(key, {
    n: times.length,
    start: general(times[0]),
    denoise: general(denoise),
    times: listed(times.map(general)),
  });
};

/** Few steps one by one; of many the ends, since the plot shows them all. @param {string[]} values */
const listed = (values) => {
  if (values.length <= LISTED) return values.join(" ");
  return [...values.slice(0, LISTED / 2), "…", values[values.length - 1]].join(" ");
};

/** Said where denoise leaves fewer steps than are set. */
/** @param {number[]} times @param {number} n @param {any} values @param {any} recipe @param {Say} say */
const fewer = (times, n, values, recipe, say) => {
  const spacing = recipe ? recipe.spacing : values.spacing;
  if (!times.length || times.length >= n || (spacing === "listed" && !recipe)) return [];
  return [muted(say("keptSteps", { n: times.length, asked: n }))];
};

/** @param {import("./plot.js").Step[]} steps @param {import("./timesteps.js").Sampler | null} sampler @param {Say} say
 * @returns {Line} */
const noiseLine = (steps, sampler, say) => {
  if (!sampler) return muted(say("noiseUnknown"));
  const name = sampler.name.toUpperCase();
  const gamma = general(sampler.gamma);
  const called = sampler.hasGamma ? say("gammaIs", { sampler: name, gamma }) : name;
  // As shares of the level each step arrives at.
  const shares = steps.slice(1).map((step, i) => (steps[i].fresh ?? 0) / step.sigma);
  if (shares.every((share) => share === 0)) return muted(say("noiseNone", { sampler: called }));
  const percents = shares.map((share) => `${Math.round(100 * share)}%`);
  const levels = new Set(percents).size > 1 ? listed(percents) : percents[0];
  return { text: say("noiseBack", { sampler: called, levels }) };
};

/** @param {import("./recipes.js").Recipe} recipe @param {number} steps @param {number} cfg @param {Say} say */
const recipeLines = (recipe, steps, cfg, say) => [
  muted(`${recipe.name} (${recipe.id}), ${say("cfg", { n: general(cfg) })}`),
  ...warningsOf(recipe, steps, cfg).map(([key, values]) => warning(say(key, values), say)),
];

/** @param {string} text @returns {Line} */
const muted = (text) => ({ text, kind: "muted" });

/** @param {string} text @param {Say} say @returns {Line} */
export const warning = (text, say) => ({ text: say("warning", { text }), kind: "warning" });
