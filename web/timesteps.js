// @ts-check
/**
 * The twin of `schedulers/` and of the step tables in `samplers/`, for plots before anything runs.
 * tests/unit/data/timesteps_golden.json holds both to the same numbers.
 */

import { parseTimesteps } from "./lists.js";
import { PlanError, TRAINING_STEPS, general } from "./plan_error.js";

const GRID_POINTS = 50;
const BETA_FIRST = 0.00085;
const BETA_LAST = 0.012;

/**
 * Timesteps to sample, descending; none at denoise 0. Raises PlanError.
 * @param {{steps: number, spacing: string, denoise?: number, listed?: string, img2img?: string}} set
 * @returns {number[]}
 */
export const planTimesteps = ({ steps, spacing, denoise = 1, listed = "", img2img = "keep steps" }) => {
  const times = spacing === "listed" ? parseTimesteps(listed) : null;
  if (denoise === 0) return [];
  const spread = SPREAD[spacing];
  if (!times && img2img === "keep steps") return spread(steps, denoise);
  return atOrBelow(denoise, times ?? spread(steps, 1));
};

/** @param {number} steps @param {number} denoise */
export const grid = (steps, denoise = 1) => {
  const points = Math.trunc(GRID_POINTS * denoise);
  checkFit(steps, points, denoise);
  const stride = TRAINING_STEPS / GRID_POINTS;
  return spreadOver(steps, (i) => (points - Math.trunc(i * (points / steps))) * stride - 1);
};

/** @param {number} steps @param {number} denoise */
export const trailing = (steps, denoise = 1) => {
  const start = roundEven(TRAINING_STEPS * denoise);
  checkFit(steps, start, denoise);
  const stride = start - start / steps - start;
  return spreadOver(steps, (i) => roundEven(start + i * stride) - 1);
};

/** @param {number} steps @param {number} denoise */
export const leading = (steps, denoise = 1) => {
  const start = roundEven(TRAINING_STEPS * denoise);
  checkFit(steps, start - 1, denoise);
  const stride = Math.floor(start / steps);
  return spreadOver(steps, (i) => (steps - 1 - i) * stride + 1);
};

/** @type {Record<string, (steps: number, denoise: number) => number[]>} */
const SPREAD = { grid, trailing, leading };

/** @param {number} denoise @param {number[]} times */
const atOrBelow = (denoise, times) => {
  const start = roundEven(TRAINING_STEPS * denoise) - 1;
  const kept = times.filter((time) => time <= start);
  if (!kept.length) {
    const lowest = general((times[times.length - 1] + 1) / TRAINING_STEPS);
    throw new PlanError("belowAll", { denoise: general(denoise), start, lowest });
  }
  return kept;
};

/** @param {number} steps @param {number} largest @param {number} denoise */
const checkFit = (steps, largest, denoise) => {
  if (steps < 1) throw new PlanError("noSteps", { steps });
  if (largest < 1) throw new PlanError("tooLow", { denoise: general(denoise) });
  if (steps > largest) throw new PlanError("tooMany", { steps, denoise: general(denoise), largest });
};

/** @param {number} steps @param {(i: number) => number} at */
const spreadOver = (steps, at) => Array.from({ length: steps }, (_, i) => at(i));

/** Halves go to the even neighbour, as Python rounds. @param {number} value */
export const roundEven = (value) => {
  const below = Math.floor(value);
  if (value - below !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
};

/** Noise levels of Stable Diffusion's 1000 timesteps; 999 is 14.6146. */
const TABLE = (() => {
  const stride = (Math.sqrt(BETA_LAST) - Math.sqrt(BETA_FIRST)) / (TRAINING_STEPS - 1);
  let kept = 1;
  return Array.from({ length: TRAINING_STEPS }, (_, i) => {
    kept *= 1 - (Math.sqrt(BETA_FIRST) + i * stride) ** 2;
    return Math.sqrt((1 - kept) / kept);
  });
})();

/** @param {number} time */
export const standardSigma = (time) => {
  const below = Math.floor(time);
  if (below === time) return TABLE[below];
  const share = time - below;
  return Math.exp((1 - share) * Math.log(TABLE[below]) + share * Math.log(TABLE[below + 1]));
};

/** The timestep of a level, between entries too. @param {number} sigma */
export const standardTime = (sigma) => {
  const above = TABLE.findIndex((level) => level >= sigma);
  if (above < 0) return TRAINING_STEPS - 1;
  if (above === 0 || TABLE[above] === sigma) return above;
  const [low, high] = [Math.log(TABLE[above - 1]), Math.log(TABLE[above])];
  return above - 1 + (Math.log(sigma) - low) / (high - low);
};

/**
 * What a noise level means to a model: `sigma` of a timestep, `low` to where TCD goes down,
 * `share` of noise in the picture (0 to 1), `fresh` of the noise at a level that is new.
 * @typedef {{sigma: (time: number) => number, low: (time: number, gamma: number) => number,
 *   share: (sigma: number) => number, fresh: (sigma: number, low: number) => number}} Levels
 */

/**
 * An entry of `samplers/registry.py`, and the gamma that is set.
 * @typedef {{name: string, share: number, power: number, hasGamma: boolean, gamma: number}} Sampler
 */

/** Models trained on Stable Diffusion's table. @type {Levels} */
export const TABLE_LEVELS = {
  sigma: standardSigma,
  low: (time, gamma) => {
    if (gamma === 0) return standardSigma(time);
    if (!Number.isInteger(time)) return standardSigma((1 - gamma) * time);
    // float32, like the paper's code: the product decides which integer it floors to.
    const single = Math.fround(Math.fround(1 - gamma) * Math.fround(time));
    return standardSigma(Math.floor(single));
  },
  share: (sigma) => sigma / Math.sqrt(1 + sigma * sigma),
  fresh: (sigma, low) => Math.sqrt(Math.max(0, sigma * sigma - low * low)),
};

/** Flow models with a shift. @param {number} shift @returns {Levels} */
export const flowLevels = (shift) => {
  const sigma = (/** @type {number} */ time) => {
    const level = (time + 1) / TRAINING_STEPS;
    return (shift * level) / (1 + (shift - 1) * level);
  };
  return {
    sigma,
    low: (time, gamma) => (1 - gamma) * sigma(time),
    share: (level) => level,
    fresh: (level, low) => {
      const kept = low === level ? level : (low * (1 - level)) / (1 - low);
      return Math.sqrt(Math.max(0, level * level - kept * kept));
    },
  };
};

/**
 * The steps of a run. `low` is the level a step goes down to before it comes up to the next one,
 * `fresh` the noise it adds on the way up; null where nobody knows the sampler.
 * @param {number[]} times
 * @param {Levels} levels
 * @param {Sampler | null} sampler
 */
export const steps = (times, levels, sampler) =>
  times.map((time, i) => {
    const sigma = levels.sigma(time);
    if (!sampler) return { time, sigma, low: null, fresh: null };
    if (i + 1 === times.length) return { time, sigma, low: 0, fresh: 0 };
    const next = levels.sigma(times[i + 1]);
    const low = Math.min(next, lowOf(sampler, levels, sigma, times[i + 1], next));
    return { time, sigma, low, fresh: levels.fresh(next, low) };
  });

/**
 * @param {Sampler} sampler @param {Levels} levels
 * @param {number} sigma @param {number} time @param {number} next
 */
const lowOf = (sampler, levels, sigma, time, next) => {
  if (sampler.hasGamma) return levels.low(time, sampler.gamma);
  return sigma > 0 ? sampler.share * next * (next / sigma) ** sampler.power : 0;
};
