// @ts-check
/** The twin of `schedulers/flow.py` and `schedulers/levels.py`: from settings to noise levels. */

import { PlanError, TRAINING_STEPS, general } from "./plan_error.js";
import { flowLevels, planTimesteps, roundEven, standardTime } from "./timesteps.js";

/**
 * A number, "flux2", "model", or mu by the number of tokens.
 * @typedef {number | string | {mu: number[], tokens: number[], terminal?: number}} Shift
 * @typedef {import("./timesteps.js").Levels} Levels
 *
 * What is set. `nodes` are u in (0, 1] and `sigmas` levels as they stand; `tokens` is the size of
 * the latent in squares of 16 pixels, null where it is not known.
 * @typedef {{steps: number, spacing: string, denoise?: number, listed?: string, img2img?: string,
 *   nodes?: number[] | null, sigmas?: number[] | null, asItStands?: boolean, flow?: boolean | null,
 *   shift?: Shift | null, tokens?: number | null}} Set
 *
 * The timesteps and what they are levels of. `shift` is the factor that made them, null where the
 * model's own did; `sizeless` says that it depends on a size nobody told.
 * @typedef {{times: number[], levels: Levels, shift: number | null, listed: boolean,
 *   sizeless: boolean}} Plan
 */

const FLUX2_MU_200 = [0.00016927, 0.45666666];
const FLUX2_MU_10 = [8.73809524e-5, 1.89833333];
const FLUX2_MOST_TOKENS = 4300;

/** @param {Shift | null | undefined} shift */
export const needsSize = (shift) => shift === "flux2" || (typeof shift === "object" && shift !== null);

/**
 * The steps of a run; none at denoise 0. `own` are the levels of the model itself. Raises PlanError.
 * @param {Set} set @param {Levels} own @returns {Plan}
 */
export const planLevels = (set, own) => {
  const { steps, denoise = 1, nodes, sigmas, shift = null, tokens = null } = set;
  const plain = { times: [], levels: own, shift: null, listed: false, sizeless: false };
  if (denoise === 0 && (nodes || sigmas)) return plain;
  if (sigmas) return literal(set, sigmas, own);
  if (shift === null && !nodes) return { ...plain, times: planTimesteps({ ...set, denoise }) };
  const us = nodesOf(set);
  const times = us.map((u) => TRAINING_STEPS * u - 1);
  const factor = factorOf(shift, tokens, nodes ? nodes.length : steps);
  if (factor === null) return { ...plain, times, sizeless: needsSize(shift) };
  const curve = flowLevels(factor);
  const terminal = typeof shift === "object" ? shift?.terminal : undefined;
  const levels = terminal === undefined ? curve : stretched(curve, times, terminal);
  return { ...plain, times, levels, shift: factor };
};

/** The factor s of a shift; null where the model's own is used. */
/** @param {Shift | null} shift @param {number | null} tokens @param {number} steps */
const factorOf = (shift, tokens, steps) => {
  if (shift === null || shift === "model") return null;
  if (typeof shift === "number") return shift;
  if (tokens === null) return null;
  if (typeof shift === "string") return Math.exp(flux2Mu(Math.round(tokens), steps));
  const [[low, high], [fewest, most]] = [shift.mu, shift.tokens];
  return Math.exp(low + ((high - low) * (tokens - fewest)) / (most - fewest));
};

/** @param {number} tokens @param {number} steps */
const flux2Mu = (tokens, steps) => {
  const at200 = FLUX2_MU_200[0] * tokens + FLUX2_MU_200[1];
  if (tokens > FLUX2_MOST_TOKENS) return at200;
  const slope = (at200 - (FLUX2_MU_10[0] * tokens + FLUX2_MU_10[1])) / 190;
  return slope * steps + at200 - 200 * slope;
};

/** The curve, bent so that the last of these times is at the level `terminal`. */
/** @param {Levels} curve @param {number[]} times @param {number} terminal @returns {Levels} */
const stretched = (curve, times, terminal) => {
  const last = times.length ? curve.sigma(times[times.length - 1]) : 1;
  if (last === 1) return curve;
  const scale = (1 - last) / (1 - terminal);
  const sigma = (/** @type {number} */ time) => 1 - (1 - curve.sigma(time)) / scale;
  return { ...curve, sigma, low: (time, gamma) => (1 - gamma) * sigma(time) };
};

/** @param {Set} set @returns {number[]} */
const nodesOf = (set) => {
  const { steps, spacing, denoise = 1, img2img = "keep steps", nodes } = set;
  if (nodes) return cut(set, nodes, denoise);
  if (spacing !== "trailing") {
    return planTimesteps({ ...set, denoise }).map((time) => (time + 1) / TRAINING_STEPS);
  }
  if (steps < 1) throw new PlanError("noSteps", { steps });
  if (denoise === 0) return [];
  const even = Array.from({ length: steps }, (_, i) => 1 - i / steps);
  return img2img === "keep steps" ? even.map((u) => denoise * u) : cut(set, even, denoise);
};

/** @param {Set} set @param {number[]} sigmas @param {Levels} own @returns {Plan} */
const literal = (set, sigmas, own) => {
  const { denoise = 1, asItStands = false, flow = null } = set;
  const isFlow = flow ?? sigmas[0] <= 1;
  let start = sigmas[0];
  if (denoise !== 1 && !asItStands) {
    start = isFlow ? denoise : own.sigma(Math.max(0, roundEven(TRAINING_STEPS * denoise) - 1));
  }
  const kept = cut(set, sigmas, start);
  // The network of a flow is shown the level alone, which is its time without a shift.
  const times = kept.map((level) => (isFlow ? TRAINING_STEPS * level - 1 : standardTime(level)));
  return { times, levels: isFlow ? flowLevels(1) : own, shift: null, listed: true, sizeless: false };
};

/** Those below the start, with the start in front, or those at or below it. */
/** @param {Set} set @param {number[]} values @param {number} start */
const cut = ({ asItStands = false, img2img = "keep steps" }, values, start) => {
  if (asItStands || start >= values[0]) return [...values];
  if (img2img === "keep steps") return [start, ...values.filter((value) => value < start)];
  const kept = values.filter((value) => value <= start);
  if (!kept.length) {
    throw new PlanError("belowAllLevels", { start: short(start), last: short(values[values.length - 1]) });
  }
  return kept;
};

/** With four digits, as Python's `:.4g`. @param {number} value */
export const short = (value) => general(Number(value.toPrecision(4)));
