// @ts-check
/** The twin of `schedulers/by_step.py` and `schedulers/split.py`: what changes from step to step. */

import { readList } from "./lists.js";
import { PlanError } from "./plan_error.js";

const LARGEST = 100;
/** Levels meet a boundary exactly; float error does not decide. */
const TIE = 1e-6;

/**
 * CFG by step; none for an empty list. 0 stands for `own`, the recipe's. Raises PlanError.
 * @param {string} text @param {number} steps @param {number} own @returns {number[]}
 */
export const cfgsOf = (text, steps, own) => {
  const cfgs = readList(text, (entries) => entries.map(cfgOf)).map((cfg) => cfg || own);
  const out = cfgs.length - steps;
  if (steps > 0 && out > 0) throw new PlanError("moreCfgs", { n: cfgs.length, steps, out });
  return cfgs;
};

/** @param {string} entry */
const cfgOf = (entry) => {
  const plain = /^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?$/i.test(entry);
  const cfg = Number(entry);
  if (!plain || !(cfg >= 0 && cfg <= LARGEST)) throw new PlanError("cfgEntry", { entry });
  return cfg;
};

/** How many of the levels that steps begin at are at or above the boundary. */
/** @param {number[]} levels @param {number} boundary */
export const highSteps = (levels, boundary) => levels.filter((level) => level >= boundary - TIE).length;
