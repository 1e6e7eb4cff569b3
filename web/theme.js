// @ts-check
/** Elements in the colours of the host's theme, styled in place. */

export const COLOURS = {
  text: "var(--input-text, #ddd)",
  muted: "var(--descrip-text, #999)",
  line: "var(--border-color, #4e4e4e)",
  ground: "var(--comfy-input-bg, #222)",
  step: "var(--p-primary-color, #60a5fa)",
  // Mixed with the text's colour, so that both read on a light and on a dark ground.
  fresh: "color-mix(in srgb, #f08c00 80%, var(--input-text, #ddd))",
  wrong: "color-mix(in srgb, #e03131 65%, var(--input-text, #ddd))",
};

const SVG = "http://www.w3.org/2000/svg";

/**
 * @param {string} tag @param {Partial<CSSStyleDeclaration>} style @param {(Node | string)[]} children
 */
export const element = (tag, style = {}, ...children) => {
  const made = document.createElement(tag);
  Object.assign(made.style, style);
  made.append(...children);
  return made;
};

/** @param {string} tag @param {Record<string, string | number>} attributes */
export const drawing = (tag, attributes = {}) => {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  return made;
};

/** @typedef {{text: string, kind?: "title" | "muted" | "warning" | "error"}} Line */

/** @param {Line[]} lines */
export const paragraphs = (lines) =>
  lines.map(({ text, kind }) => {
    const colour = { muted: COLOURS.muted, warning: COLOURS.fresh, error: COLOURS.wrong };
    return element(
      "div",
      {
        color: (kind && kind !== "title" && colour[kind]) || COLOURS.text,
        fontWeight: kind === "title" ? "600" : "400",
        overflowWrap: "anywhere",
      },
      text,
    );
  });
