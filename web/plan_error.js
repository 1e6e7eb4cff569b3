// @ts-check
/** What all that plans a schedule shares: its error, and how numbers are written. */

export const TRAINING_STEPS = 1000;

/** A setting that cannot be sampled: `code` names the sentence in strings.js, `values` fill it. */
export class PlanError extends Error {
  /** @param {string} code @param {Record<string, unknown>} values */
  constructor(code, values = {}) {
    super(code);
    this.code = code;
    this.values = values;
  }
}

/** A number with six digits at most, as Python's `:g`. @param {number} value */
export const general = (value) => String(Number(value.toPrecision(6)));
