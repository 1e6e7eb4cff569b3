// @ts-check
/** What a loader or a recipe node holds, in a few lines: the accelerator and its settings. */

import { LOADERS, recipeFrom } from "./graph_settings.js";
import { choiceText, samplerOf, warningsOf } from "./recipes.js";
import { warning } from "./schedule.js";
import { general } from "./plan_error.js";

/** @typedef {import("./theme.js").Line} Line */

/** Nodes that show a badge. */
export const BADGES = ["FewStepRecipe", ...Object.keys(LOADERS)];

/** Whether the node itself makes a model right for its recipe. @param {any} node */
const loads = (node) => node.type === "FewStepOneStepLoader";

/**
 * @param {any} node @param {import("./graph_settings.js").Facts} facts
 * @param {import("./strings.js").Say} say @returns {Line[]}
 */
export const badgeOf = (node, facts, say) => {
  const { recipe, how, why, told } = recipeFrom(node, facts);
  const needs = [...(recipe?.graph_needs ?? []), ...(loads(node) ? [] : (recipe?.loader_needs ?? []))];
  const notes = (told?.notes ?? []).map((text) => warning(text, say));
  if (!recipe) return [{ text: say(.../** @type {any} */ (why)), kind: "muted" }, ...notes];
  return [
    { text: `${recipe.name}, ${recipe.base}`, kind: "title" },
    { text: settingsText(recipe, samplerOf(recipe, facts.catalog()), say) },
    ...(how ? [{ text: howText(how, say), kind: /** @type {const} */ ("muted") }] : []),
    ...(told?.absent ? [warning(say("absent", { folder: told.absent }), say)] : []),
    ...(needs.length
      ? [{ text: say("needs", { what: needs.join(", ") }), kind: /** @type {const} */ ("muted") }]
      : []),
    ...warningsOf(recipe, recipe.steps[0], recipe.cfg[0]).map(([key, v]) => warning(say(key, v), say)),
    ...notes,
  ];
};

/**
 * @param {import("./recipes.js").Recipe} recipe @param {import("./timesteps.js").Sampler | null} sampler
 * @param {import("./strings.js").Say} say
 */
const settingsText = (recipe, sampler, say) => {
  const gamma = sampler?.hasGamma ? [say("gamma", { n: general(sampler.gamma) })] : [];
  const strong = recipe.kind === "LoRA" && (recipe.strength ?? 1) !== 1;
  return [
    say("steps", { n: choiceText(recipe.steps) }),
    say("cfg", { n: choiceText(recipe.cfg) }),
    `${recipe.sampler.replace("comfy:", "").toUpperCase()} ${recipe.spacing}`,
    ...gamma,
    ...(strong ? [say("strength", { n: general(recipe.strength ?? 1) })] : []),
  ].join(" · ");
};

/** @param {string} how @param {import("./strings.js").Say} say */
const howText = (how, say) => {
  if (how === "hand") return say("byHand");
  return how === "checking" ? say("checking") : say("by", { how: say(how) });
};
