// @ts-check
/** The twin of `schedulers/lists.py` and `schedulers/listed.py`: lists that people write in a line. */

import { PlanError, TRAINING_STEPS } from "./plan_error.js";

const HIGHEST_LEVEL = 1e6;

/** Descending timesteps of a list as people write it. @param {string} text @returns {number[]} */
export const parseTimesteps = (text) => readList(text, timestepsOf);

/** @typedef {(entries: string[]) => number[]} Read */

/** @param {string} text @param {Read} read */
const readList = (text, read) => {
  const pointed = text.replace(/([0-9]),(?=[0-9])/g, "$1.");
  if (pointed === text || !reads(pointed, read)) return read(entriesOf(text));
  const alone = !pointed.includes(",") && entriesOf(pointed).length > 1;
  if (alone || !reads(text, read)) {
    throw new PlanError("listDecimal", { text: text.trim(), pointed: pointed.trim() });
  }
  return read(entriesOf(text));
};

/** Descending noise levels of a list, without the 0 at its end. @param {string} text @returns {number[]} */
export const parseLevels = (text) => readList(text, levelsOf);

/** @param {string} text */
const entriesOf = (text) => {
  let inside = text.trim();
  if (inside.startsWith("[")) inside = inside.slice(1);
  if (inside.endsWith("]")) inside = inside.slice(0, -1);
  const entries = inside.trim().split(/\s*[,;，、；]\s*|\s+/);
  if (!entries[entries.length - 1]) entries.pop();
  if (entries.includes("")) throw new PlanError("listGap", { text: text.trim() });
  return entries;
};

/** @param {string} text @param {Read} read */
const reads = (text, read) => {
  try {
    return read(entriesOf(text)).length > 0;
  } catch {
    return false;
  }
};

/** @param {string[]} entries */
const timestepsOf = (entries) => {
  if (!entries.length) throw new PlanError("listEmpty");
  const times = entries.map(oneTimestep);
  for (let i = 1; i < times.length; i++) {
    if (times[i] >= times[i - 1]) throw new PlanError("listOrder", { entry: entries[i] });
  }
  return times;
};

/** @type {Read} */
const levelsOf = (entries) => {
  const levels = entries.map((entry) => {
    const plain = /^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?$/i.test(entry);
    const level = Number(entry);
    if (!plain || !(level >= 0 && level <= HIGHEST_LEVEL)) throw new PlanError("levelEntry", { entry });
    return level;
  });
  for (let i = 1; i < levels.length; i++) {
    if (levels[i] >= levels[i - 1]) throw new PlanError("levelOrder", { entry: entries[i] });
  }
  if (levels[levels.length - 1] === 0) levels.pop();
  if (!levels.length) throw new PlanError("levelsEmpty");
  return levels;
};

/** @param {string} entry */
const oneTimestep = (entry) => {
  let time;
  if (/^[0-9]+$/.test(entry)) time = Number(entry);
  else if (/^([0-9]*\.[0-9]+|[0-9]+\.)$/.test(entry)) {
    time = Number((Number(entry) * TRAINING_STEPS - 1).toFixed(6));
  } else throw new PlanError("listEntry", { entry });
  if (!(time >= 0 && time < TRAINING_STEPS)) throw new PlanError("listRange", { entry });
  return time;
};
