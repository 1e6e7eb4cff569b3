// @ts-check
/** What the graph says before a run: the recipe, the sampler and the model's noise levels. */

import { changed, namedLike, samplerOf } from "./recipes.js";
import { TABLE_LEVELS, flowLevels } from "./timesteps.js";
import { isLinked, setting, settings, sourceOf, targetsOf } from "./upstream.js";

/** @typedef {import("./recipes.js").Recipe} Recipe */
/** @typedef {{file: string, chosen: string, recipe: string, how: string, told: string,
 *   warnings: string[]}} Report what a loader said after a run */
/** @typedef {{catalog: () => import("./recipes.js").Catalog,
 *   report: (node: any) => Report | undefined}} Facts */
/** @typedef {{recipe?: Recipe, how?: string, why?: [string, Record<string, unknown>],
 *   report?: Report, twins?: Recipe[]}} Found */

/** Loaders: the input that names the file, and the kinds of recipes it can be. */
export const LOADERS = {
  FewStepLoraLoader: { file: "lora_name", ofKind: (/** @type {string} */ kind) => kind === "LoRA" },
  FewStepOneStepLoader: {
    file: "model_name",
    ofKind: (/** @type {string} */ kind) => kind !== "LoRA",
  },
};

/**
 * The recipe on a node's recipe input; `why` says in words why there is none.
 * @param {any} node @param {Facts} facts @returns {Found}
 */
export const recipeAt = (node, facts) => {
  if (!isLinked(node, "recipe")) return { why: ["noRecipe", {}] };
  const source = sourceOf(node, "recipe");
  if (!source) return { why: ["sourceOff", {}] };
  return recipeFrom(source.node, facts);
};

/** The recipe a node hands out. @param {any} node @param {Facts} facts @returns {Found} */
export const recipeFrom = (node, facts) => {
  if (node.type === "FewStepRecipe") return fromRecipeNode(node, facts);
  if (node.type in LOADERS) return fromLoader(node, facts);
  return { why: ["elsewhere", { title: node.title }] };
};

/** @param {any} node @param {Facts} facts @returns {Found} */
const fromRecipeNode = (node, facts) => {
  const { values, unknown } = settings(node, ["recipe", "steps", "cfg", "gamma", "strength"]);
  if (unknown.length) return { why: ["linked", { names: unknown.join(", ") }] };
  const recipe = facts.catalog().recipes[values.recipe];
  if (!recipe) return { why: ["noSuchRecipe", { id: values.recipe }] };
  return { recipe: changed(recipe, /** @type {any} */ (values)) };
};

/** @param {any} node @param {Facts} facts @returns {Found} */
const fromLoader = (node, facts) => {
  const { file: input, ofKind } = LOADERS[/** @type {keyof typeof LOADERS} */ (node.type)];
  const { values, unknown } = settings(node, [input, "recipe"]);
  if (unknown.length) return { why: ["linked", { names: unknown.join(", ") }] };
  const [file, chosen] = [values[input], values.recipe];
  const { recipes } = facts.catalog();
  const report = facts.report(node);
  const told = report && report.file === file && report.chosen === chosen ? report : undefined;
  if (chosen !== "auto") return { recipe: recipes[chosen], how: "hand", report: told };
  if (told?.recipe) return { recipe: recipes[told.recipe], how: told.how, report: told };
  if (told) return { why: ["told", { text: told.told }], report: told };
  const named = namedLike(file, recipes, ofKind);
  if (named.length === 1) return { recipe: named[0], how: "name" };
  if (named.length) return { why: ["twins", { names: named.map((one) => one.id).join(", ") }] };
  return { why: ["nameSaysNothing", {}] };
};

/** The sampler that the SIGMAS of a scheduler meet. @param {any} node @param {Facts} facts */
export const samplerMet = (node, facts) => {
  for (const target of targetsOf(node, 0)) {
    const source = sourceOf(target, "sampler");
    const sampler = source && samplerMade(source.node, facts);
    if (sampler) return sampler;
  }
  return null;
};

/** @param {any} node @param {Facts} facts @returns {import("./timesteps.js").Sampler | null} */
const samplerMade = (node, facts) => {
  if (node.type === "FewStepFromRecipe") {
    const { recipe } = recipeAt(node, facts);
    return recipe ? samplerOf(recipe, facts.catalog()) : null;
  }
  const { samplers, makes } = facts.catalog();
  const made = makes[node.type] ?? {};
  const sampler = samplers[typeof made === "string" ? made : made[setting(node, "mode")]];
  const gamma = sampler?.hasGamma ? setting(node, "gamma") : 0;
  return sampler && gamma !== undefined ? { ...sampler, gamma } : null;
};

const SHIFTS = ["ModelSamplingSD3", "ModelSamplingAuraFlow"];

/**
 * Noise levels of the model on a node's model input, as far as the graph shows, and what is assumed.
 * @param {any} node @param {Recipe | undefined} recipe
 * @returns {{levels: import("./timesteps.js").Levels, assumed?: [string, Record<string, unknown>]}}
 */
export const levelsAt = (node, recipe) => {
  const patch = isLinked(node, "model") ? modelPatch(node) : null;
  const shift = patch && SHIFTS.includes(patch.type) ? setting(patch, "shift") : undefined;
  if (shift !== undefined) return { levels: flowLevels(shift) };
  if (recipe?.prediction === "flow") {
    const wanted = recipe.shift ?? 1;
    return { levels: flowLevels(wanted), assumed: ["assumesShift", { shift: wanted }] };
  }
  if (patch) return { levels: TABLE_LEVELS, assumed: ["patched", { title: patch.title }] };
  const plain = recipe || !isLinked(node, "model");
  return { levels: TABLE_LEVELS, assumed: plain ? undefined : ["assumesTable", {}] };
};

/** The nearest node on the way to the model's loader that sets its noise levels. @param {any} node */
const modelPatch = (node) => {
  const seen = new Set();
  for (let at = sourceOf(node, "model"); at && !seen.has(at.node); at = sourceOf(at.node, "model")) {
    if (at.node.type.startsWith("ModelSampling")) return at.node;
    seen.add(at.node);
  }
  return null;
};
