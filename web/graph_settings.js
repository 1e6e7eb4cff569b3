// @ts-check
/** What the graph says before a run: the recipe, the sampler and the model's noise levels. */

import { PlanError } from "./plan_error.js";
import { changed, samplerOf } from "./recipes.js";
import { TABLE_LEVELS, flowLevels } from "./timesteps.js";
import { isLinked, setting, settings, sourceOf, targetsOf } from "./upstream.js";

/** @typedef {import("./recipes.js").Recipe} Recipe */
/** @typedef {import("./files.js").Told} Told */
/** @typedef {Told & {file: string, chosen: string}} Report what a loader said after a run */
/** @typedef {{catalog: () => import("./recipes.js").Catalog,
 *   file: (folder: string, name: string) => Told,
 *   report: (node: any) => Report | undefined}} Facts */
/** @typedef {{recipe?: Recipe, how?: string, why?: [string, Record<string, unknown>],
 *   told?: Told}} Found */

/** Loaders: the input that names the file, and the list of files it is from. */
export const LOADERS = {
  FewStepLoraLoader: { file: "lora_name", folder: "loras" },
  FewStepOneStepLoader: { file: "model_name", folder: "models" },
};

/**
 * The recipe a node samples with: the one on its recipe input, or else the one its model brings;
 * `why` says in words why there is none.
 * @param {any} node @param {Facts} facts @returns {Found}
 */
export const recipeAt = (node, facts) => {
  if (!isLinked(node, "recipe")) return recipeOfModel(node, facts);
  const source = sourceOf(node, "recipe");
  const connected = source ? recipeFrom(source.node, facts) : { why: sourceOff };
  if (connected.recipe) return connected;
  // A loader that did not recognise its file sends an empty recipe, and then the model's counts.
  const carried = recipeOfModel(node, facts);
  return carried.recipe ? carried : connected;
};

/** @type {[string, Record<string, unknown>]} */
const sourceOff = ["sourceOff", {}];

/**
 * What the loaders above a node put on its model, by the host's rule: the first that does something.
 * @param {any} node @param {Facts} facts @returns {Found}
 */
const recipeOfModel = (node, facts) => {
  /** @type {Found} */
  let carried = { why: ["noRecipe", {}] };
  let carriedOn = false;
  for (const at of above(node).reverse()) {
    if (at.type === "") carried = recipeFrom(at, facts);
    if (!(at.type in LOADERS)) continue;
    const found = fromLoader(at, facts);
    const on = at.type === "FewStepLoraLoader" ? setting(at, "strength") !== 0 : !!found.recipe;
    if (on || !carriedOn) carried = found;
    carriedOn ||= on;
    // What stands beside another accelerator leaves the settings to it.
    if (on && !found.recipe?.stacks) break;
  }
  return carried;
};

/** The nodes a model comes through on its way to a node, the nearest first. @param {any} node @returns {any[]} */
const above = (node) => {
  const found = [];
  const seen = new Set();
  for (let at = modelSource(node); at && !seen.has(at.node); at = modelSource(at.node)) {
    seen.add(at.node);
    found.push(at.node);
  }
  return found;
};

/** @param {any} node */
const modelSource = (node) => {
  const slot = node.inputs?.find((/** @type {any} */ one) => one.type === "MODEL");
  return slot ? sourceOf(node, slot.name) : null;
};

/** The recipe a node hands out. @param {any} node @param {Facts} facts @returns {Found} */
export const recipeFrom = (node, facts) => {
  if (node.type === "FewStepRecipe") return fromRecipeNode(node, facts);
  if (node.type in LOADERS) return fromLoader(node, facts);
  return { why: ["elsewhere", { title: node.title }] };
};

/** @param {any} node @param {Facts} facts @returns {Found} */
const fromRecipeNode = (node, facts) => {
  const { values, unknown } = settings(node, ["recipe", "steps", "cfg", "gamma", "strength", "shift"]);
  if (unknown.length) return { why: ["linked", { names: unknown.join(", ") }] };
  const recipe = facts.catalog().recipes[values.recipe];
  if (!recipe) return { why: ["noSuchRecipe", { id: values.recipe }] };
  try {
    return { recipe: changed(recipe, /** @type {any} */ (values)) };
  } catch (error) {
    if (!(error instanceof PlanError)) throw error;
    return { why: [error.code, error.values] };
  }
};

/** @param {any} node @param {Facts} facts @returns {Found} */
const fromLoader = (node, facts) => {
  const { file: input, folder } = LOADERS[/** @type {keyof typeof LOADERS} */ (node.type)];
  const { values, unknown } = settings(node, [input, "recipe"]);
  if (unknown.length) return { why: ["linked", { names: unknown.join(", ") }] };
  const [file, chosen] = [values[input], values.recipe];
  const { recipes } = facts.catalog();
  const report = facts.report(node);
  const ran = report?.file === file && report?.chosen === chosen;
  const told = ran ? /** @type {Report} */ (report) : facts.file(folder, file);
  if (chosen !== "auto") return { recipe: recipes[chosen], how: "hand", told };
  if (told.recipe) return { recipe: recipes[told.recipe], how: told.checking ? "checking" : told.how, told };
  return { why: whyNone(told), told };
};

/** @param {Told} told @returns {[string, Record<string, unknown>]} */
const whyNone = ({ checking, error, absent, twins, what, base, merge }) => {
  if (checking) return ["checking", {}];
  if (error) return ["told", { text: error }];
  const names = twins?.join(", ");
  if (merge) return [names ? "mergeNear" : "merge", { family: merge, names }];
  if (names) return ["twins", { names }];
  if (absent) return ["absent", { folder: absent }];
  return base ? ["notKnownFor", { what, base }] : ["notKnown", { what }];
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

/** The inputs that bring the latent that is sampled, and the size of the pictures in it. */
const LATENTS = ["latent_image", "latent"];
const TOKEN_PIXELS = 16;

/**
 * The size of the latent on a node in squares of 16 pixels: null where the graph does not show it,
 * undefined where no latent is connected.
 * @param {any} node @returns {number | null | undefined}
 */
export const tokensAt = (node) => {
  const input = LATENTS.find((name) => node.inputs?.some((/** @type {any} */ one) => one.name === name));
  if (!input || !isLinked(node, input)) return undefined;
  const source = sourceOf(node, input)?.node;
  const [width, height] = source ? [setting(source, "width"), setting(source, "height")] : [];
  return width > 0 && height > 0 ? (width * height) / TOKEN_PIXELS ** 2 : null;
};

/**
 * Noise levels of the model on a node's model input, as far as the graph shows, and what is assumed;
 * `shift` is the one that a node has put on it.
 * @param {any} node @param {Recipe | undefined} recipe
 * @returns {{levels: import("./timesteps.js").Levels, shift?: number,
 *   assumed?: [string, Record<string, unknown>]}}
 */
export const levelsAt = (node, recipe) => {
  const patch = isLinked(node, "model") ? modelPatch(node) : null;
  const shift = patch && SHIFTS.includes(patch.type) ? setting(patch, "shift") : undefined;
  if (shift !== undefined) return { levels: flowLevels(shift), shift };
  if (recipe?.prediction === "flow") {
    return { levels: flowLevels(1), assumed: ["assumesShift", { shift: 1 }] };
  }
  if (patch) return { levels: TABLE_LEVELS, assumed: ["patched", { title: patch.title }] };
  const plain = recipe || !isLinked(node, "model");
  return { levels: TABLE_LEVELS, assumed: plain ? undefined : ["assumesTable", {}] };
};

/** The nearest node on the way to the model's loader that sets its noise levels. @param {any} node */
const modelPatch = (node) => above(node).find((one) => one.type.startsWith("ModelSampling")) ?? null;
