// @ts-check
/** From a node's widgets and links to the schedule it will make, in numbers and in words. */

import { levelsAt, recipeAt, samplerMet, tokensAt } from "./graph_settings.js";
import { needsSize, planLevels, short } from "./levels.js";
import { parseLevels } from "./lists.js";
import { gridOf, samplerOf, warningsOf, withShift } from "./recipes.js";
import { PlanError, general } from "./plan_error.js";
import { steps as stepsOf } from "./timesteps.js";
import { isLinked, settings } from "./upstream.js";

/**
 * @typedef {import("./theme.js").Line} Line
 * @typedef {{lines: Line[], picture: import("./plot.js").Picture}} Shown
 * @typedef {import("./strings.js").Say} Say
 * @typedef {import("./graph_settings.js").Facts} Facts
 * @typedef {import("./levels.js").Plan} Plan
 * @typedef {ReturnType<typeof levelsAt>} Own
 */

/** Nodes with a schedule, and the widgets that make it. @type {Record<string, string[]>} */
export const SCHEDULES = {
  FewStepScheduler: ["steps", "spacing", "denoise", "timesteps", "img2img", "shift"],
  FewStepFromRecipe: ["steps", "denoise"],
  FewStepKSampler: ["steps", "cfg", "denoise"],
};

/** So many steps are named one by one. */
const LISTED = 16;
/** Spacings that are a list of one's own. */
const LISTS = ["listed", "sigmas"];
/** A picture of 1024x1024, where the graph does not show the size. */
const ASSUMED_TOKENS = 64 * 64;
/** Shifts that differ by a smaller share make the same levels to four digits. */
const SAME = 1e-3;

/** @param {any} node @param {Facts} facts @param {Say} say @returns {Shown} */
export const scheduleOf = (node, facts, say) => {
  const { values, unknown } = settings(node, SCHEDULES[node.type]);
  const isScheduler = node.type === "FewStepScheduler";
  const free = isScheduler && values.spacing !== "recipe" && !isLinked(node, "recipe");
  const { recipe, why } = free ? /** @type {any} */ ({}) : recipeAt(node, facts);
  const own = levelsAt(node, recipe);
  const empty = { levels: own.levels, steps: [], start: null };
  if (unknown.length) {
    const text = say("linked", { names: unknown.join(", ") });
    return { lines: [{ text, kind: "muted" }], picture: empty };
  }
  if (why) return { lines: [{ text: say(...why), kind: "muted" }], picture: empty };
  const count = values.steps || recipe.steps[0];
  try {
    const set = asked(node, values, recipe, count);
    const plan = planLevels(set, own.levels);
    const { times, levels } = plan;
    const met = isScheduler ? samplerMet(node, facts) : null;
    const sampler = met ?? (recipe ? samplerOf(recipe, facts.catalog()) : null);
    const steps = stepsOf(times, levels, sampler);
    const start = values.denoise < 1 && times.length ? times[0] : null;
    const lines = [
      { text: timesText(plan, values.denoise, say) },
      ...fewer(times, count, values, recipe, say),
      ...levelLines(plan, own, say),
      ...(times.length > 1 ? [noiseLine(steps, sampler, say)] : []),
      ...(recipe ? recipeLines(recipe, count, values.cfg || recipe.cfg[0], say) : []),
      ...assumedLines(node, set, plan, own, say),
    ];
    return { lines, picture: { levels, steps, start } };
  } catch (error) {
    if (!(error instanceof PlanError)) throw error;
    const text = say(error.code, error.values);
    return { lines: [{ text, kind: "error" }], picture: empty };
  }
};

/** What is set, by the recipe or by hand. @param {any} node @param {any} values */
/** @param {import("./recipes.js").Recipe | undefined} recipe @param {number} steps */
const asked = (node, values, recipe, steps) => {
  const { denoise, spacing, img2img, timesteps } = values;
  const shift = values.shift ?? 0;
  if (recipe) {
    const set = gridOf(withShift(recipe, shift), steps, denoise);
    const linked = tokensAt(node);
    const ofModel = set.flow && !recipe.sigmas && typeof set.shift !== "number";
    if (ofModel && node.type === "FewStepScheduler" && !isLinked(node, "model")) {
      throw new PlanError("needsModel");
    }
    return { ...set, img2img, tokens: linked === null ? ASSUMED_TOKENS : (linked ?? null) };
  }
  if (spacing !== "sigmas") {
    return { steps, denoise, spacing, img2img, listed: timesteps, shift: shift || null };
  }
  if (shift) throw new PlanError("sigmasShift");
  const sigmas = parseLevels(timesteps);
  if (denoise < 1 && denoise > 0 && !isLinked(node, "model")) {
    throw new PlanError("startUnknown", { denoise: general(denoise) });
  }
  return { steps, denoise, spacing, img2img, sigmas };
};

/** The levels of a flow that has a shift here, or of a list. */
/** @param {Plan} plan @param {Own} own @param {Say} say @returns {Line[]} */
const levelLines = (plan, own, say) => {
  if (!plan.times.length || (!plan.listed && plan.shift === null)) return [];
  const levels = listed(plan.times.map((time) => short(plan.levels.sigma(time))));
  if (plan.shift === null) return [{ text: say("levelsListed", { levels }) }];
  const other = own.shift !== undefined && Math.abs(own.shift - plan.shift) > SAME * plan.shift;
  const text = say("levelsShift", { levels, shift: short(plan.shift) });
  return [{ text }, ...(other ? [muted(say("ownShift", { shift: short(own.shift ?? 0) }))] : [])];
};

/** What the drawing takes for granted. */
/** @param {any} node @param {import("./levels.js").Set} set @param {Plan} plan @param {Own} own
 * @param {Say} say @returns {Line[]} */
const assumedLines = (node, set, plan, own, say) => {
  if (plan.listed) return [];
  if (plan.sizeless) return [muted(say("sizeless"))];
  if (plan.shift === null) return own.assumed ? [muted(say(...own.assumed))] : [];
  return needsSize(set.shift) && tokensAt(node) === null ? [muted(say("assumesSize"))] : [];
};

/** @param {import("./levels.js").Plan} plan @param {number} denoise @param {Say} say */
const timesText = ({ times, levels, listed: literal }, denoise, say) => {
  if (!times.length) return say("denoiseZero");
  if (literal) {
    const start = short(levels.sigma(times[0]));
    const key = denoise < 1 ? "stepsLevelDenoise" : "stepsLevel";
    return say(key, { n: times.length, start, denoise: general(denoise) });
  }
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
  if (!times.length || times.length >= n || (!recipe && LISTS.includes(spacing))) return [];
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
