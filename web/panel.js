// @ts-check
/** A panel on a node: an element that shows what is known, and is gone with its node. */

import { COLOURS, drawing, element, paragraphs } from "./theme.js";
import { drawPlot } from "./plot.js";

const PLOT_HEIGHT = 84;
/** What the classic canvas leaves around an element of a widget, above and below. */
const CANVAS_MARGIN = 20;
const FIRST_HEIGHT = 130;

/**
 * Adds a panel as the last widget of a node; it is in no saved workflow and no prompt.
 * @param {any} node
 * @param {string} label what it is, for people who do not see it
 * @param {boolean} withPlot
 * @param {{wheel: (event: WheelEvent) => void, grown: () => void, seen: () => void,
 *   onCanvas: () => boolean}} on
 */
export const addPanel = (node, label, withPlot, on) => {
  const svg = drawing("svg", { "aria-hidden": "true", width: "100%" });
  const plot = element("div", {
    flex: `1 1 ${PLOT_HEIGHT}px`,
    minHeight: `${PLOT_HEIGHT}px`,
    position: "relative",
    overflow: "hidden",
  });
  Object.assign(svg.style, { position: "absolute", inset: "0", height: "100%" });
  plot.append(svg);
  const words = element("div", { flex: "0 0 auto", padding: withPlot ? "0 8px 6px" : "6px 8px" });
  const root = element(
    "div",
    {
      display: "flex",
      flexDirection: "column",
      boxSizing: "border-box",
      overflow: "hidden",
      background: COLOURS.ground,
      borderRadius: "6px",
      font: "11px/1.35 sans-serif",
      userSelect: "text",
    },
    ...(withPlot ? [plot] : []),
    words,
  );
  root.tabIndex = 0;
  root.setAttribute("role", "img");
  root.dataset.fewstep = withPlot ? "plot" : "badge";

  /** @type {{lines: import("./theme.js").Line[], picture?: import("./plot.js").Picture} | null} */
  let shown = null;
  let drawn = "";
  let height = withPlot ? FIRST_HEIGHT : FIRST_HEIGHT - PLOT_HEIGHT;
  let seen = false;
  let [wide, high] = [0, 0];

  const draw = () => {
    if (shown?.picture && wide && high) drawPlot(svg, shown.picture, wide, high);
  };
  // Sizes come from the observer and are never asked for: each question would lay out the page.
  const sizes = new ResizeObserver((entries) => {
    let needed = height;
    for (const { target, contentRect, borderBoxSize } of entries) {
      if (target === root) {
        const now = contentRect.width > 0;
        if (now && !seen) on.seen();
        seen = now;
      } else if (target === plot) [wide, high] = [contentRect.width, contentRect.height];
      else if (seen) {
        needed = Math.ceil(borderBoxSize[0].blockSize) + (withPlot ? PLOT_HEIGHT : 0);
      }
    }
    draw();
    if (needed !== height) {
      height = needed;
      on.grown();
    }
  });
  const begin = () => {
    for (const one of [root, plot, words]) sizes.observe(one);
    root.addEventListener("wheel", on.wheel, { passive: false });
  };
  begin();
  const end = () => {
    seen = false;
    sizes.disconnect();
    root.removeEventListener("wheel", on.wheel);
  };

  const sizeBefore = [...node.size];
  const widget = node.addDOMWidget(`fewstep_${root.dataset.fewstep}`, "fewstep_panel", root, {
    serialize: false,
    // The page lists inputs beside the canvas too, and would stretch the panel for that.
    hideInPanel: true,
  });
  widget.serialize = false;
  widget.label = label;
  // Beside a subgraph it lists what is in it, but for widgets that are nowhere but on a canvas.
  Object.defineProperty(widget.options, "canvasOnly", { get: () => !on.onCanvas() });
  // The host's own asks for the computed style of each element, for all nodes of a graph in turn.
  widget.computeLayoutSize = () => ({ minHeight: height + CANVAS_MARGIN, minWidth: 0 });

  return {
    /** Whether it is in view; what is not costs nothing to open. */
    inView: () => seen,
    /** @param {{lines: import("./theme.js").Line[], picture?: import("./plot.js").Picture}} next */
    show: (next) => {
      const { steps, start, levels } = next.picture ?? {};
      const key = JSON.stringify([next.lines, steps, start, levels?.sigma(499)]);
      if (key === drawn) return;
      drawn = key;
      shown = next;
      root.setAttribute("aria-label", [label, ...next.lines.map((line) => line.text)].join(". "));
      words.replaceChildren(...paragraphs(next.lines));
      draw();
    },
    /** Again, for a node that is put back into a graph. */
    begin,
    end,
    /** Takes it off its node, which gets back the size it had. */
    remove: () => {
      end();
      node.removeWidget(widget);
      node.setSize(sizeBefore);
    },
  };
};
