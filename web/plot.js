// @ts-check
/** A schedule as a picture: the noise curve, the steps on it, and the noise they add back. */

import { COLOURS, drawing } from "./theme.js";
import { TRAINING_STEPS } from "./plan_error.js";

const MARGIN = { left: 8, right: 8, top: 8, bottom: 16 };
const LETTER = 6;
const CURVE_POINTS = 60;
/** Above so many steps the dots would run into each other. */
const LARGE_DOTS = 12;

/**
 * @typedef {{time: number, sigma: number, low: number | null, fresh: number | null}} Step
 * @typedef {{levels: import("./timesteps.js").Levels, steps: Step[], start: number | null}} Picture
 */

/**
 * What a plot shows; `start` is the timestep where a denoise below 1 begins.
 * @param {SVGElement} svg @param {Picture} picture @param {number} width @param {number} height
 */
export const drawPlot = (svg, { levels, steps, start }, width, height) => {
  const x = (/** @type {number} */ time) =>
    MARGIN.left +
    ((TRAINING_STEPS - 1 - time) / (TRAINING_STEPS - 1)) * (width - MARGIN.left - MARGIN.right);
  const y = (/** @type {number} */ sigma) =>
    height - MARGIN.bottom - levels.share(sigma) * (height - MARGIN.top - MARGIN.bottom);
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.replaceChildren(
    ...axis(x, y, width),
    ...(start === null ? [] : cut(x(start), y, height)),
    curve(levels, x, y),
    ...steps.slice(1).flatMap((step, i) => freshBar(steps[i], step, x, y)),
    ...steps.map((step) => dot(step, steps.length, x, y)),
    ...labels(steps, x, height, width),
  );
};

/** @typedef {(value: number) => number} Scale */

/** @param {Scale} x @param {Scale} y @param {number} width */
const axis = (x, y, width) => [
  drawing("path", {
    d: `M${x(TRAINING_STEPS - 1)} ${y(0)}H${width - MARGIN.right}`,
    stroke: COLOURS.line,
    fill: "none",
  }),
];

/** @param {number} at @param {Scale} y @param {number} height */
const cut = (at, y, height) => [
  drawing("rect", {
    x: MARGIN.left,
    y: MARGIN.top - 4,
    width: Math.max(0, at - MARGIN.left),
    height: height - MARGIN.bottom - MARGIN.top + 4,
    fill: COLOURS.line,
    opacity: 0.45,
    "data-part": "cut",
  }),
  drawing("path", {
    d: `M${at} ${MARGIN.top - 4}V${y(0)}`,
    stroke: COLOURS.muted,
    "stroke-dasharray": "3 2",
    fill: "none",
  }),
];

/** @param {Picture["levels"]} levels @param {Scale} x @param {Scale} y */
const curve = (levels, x, y) => {
  const times = Array.from(
    { length: CURVE_POINTS + 1 },
    (_, i) => ((TRAINING_STEPS - 1) * (CURVE_POINTS - i)) / CURVE_POINTS,
  );
  const points = times.map((time) => `${x(time).toFixed(1)} ${y(levels.sigma(time)).toFixed(1)}`);
  return drawing("path", {
    d: `M${points.join("L")}`,
    stroke: COLOURS.muted,
    fill: "none",
    "stroke-width": 1.5,
    "data-part": "curve",
  });
};

/** From the level a step goes down to, up to where it comes back with fresh noise. */
/** @param {Step} from @param {Step} to @param {Scale} x @param {Scale} y */
const freshBar = (from, to, x, y) => {
  if (from.low === null || !from.fresh) return [];
  const at = x(to.time).toFixed(1);
  return [
    drawing("path", {
      d: `M${at} ${y(from.low).toFixed(1)}V${y(to.sigma).toFixed(1)}`,
      stroke: COLOURS.fresh,
      "stroke-width": 3,
      fill: "none",
      "data-part": "fresh",
      "data-low": from.low,
      "data-fresh": from.fresh,
    }),
  ];
};

/** @param {Step} step @param {number} count @param {Scale} x @param {Scale} y */
const dot = (step, count, x, y) =>
  drawing("circle", {
    cx: x(step.time).toFixed(1),
    cy: y(step.sigma).toFixed(1),
    r: count > LARGE_DOTS ? 2 : 3.5,
    fill: COLOURS.step,
    stroke: COLOURS.ground,
    "data-part": "step",
    "data-time": step.time,
    "data-sigma": step.sigma,
  });

/** Timesteps under the curve, as many as fit side by side. */
/** @param {Step[]} steps @param {Scale} x @param {number} height @param {number} width */
const labels = (steps, x, height, width) => {
  const shown = [];
  let free = 0;
  for (const { time } of steps) {
    const text = String(Math.round(time));
    const half = (text.length * LETTER) / 2;
    const at = Math.min(Math.max(x(time), half + 1), width - half - 1);
    if (at - half < free) continue;
    free = at + half + LETTER / 2;
    const label = drawing("text", {
      x: at.toFixed(1),
      y: height - 4,
      fill: COLOURS.muted,
      "font-size": 10,
      "text-anchor": "middle",
    });
    label.textContent = text;
    shown.push(label);
  }
  return shown;
};
