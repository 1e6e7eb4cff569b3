// @ts-check
/** All panels of the page: made with their nodes, kept up to date, ended with their nodes. */

import { BADGES, badgeOf } from "./badge.js";
import { createFailures } from "./failures.js";
import { createFiles } from "./files.js";
import { LOADERS } from "./graph_settings.js";
import { addPanel } from "./panel.js";
import { NOTHING_KNOWN, catalogOf } from "./recipes.js";
import { SCHEDULES, scheduleOf } from "./schedule.js";
import { sayIn } from "./strings.js";

/** Few at a time, and when the page has nothing else to do: a large workflow opens without a pause. */
const MADE_AT_ONCE = 4;
const LONGEST_WAIT = 400;

/** @param {() => void} work */
const whenIdle = (work) => {
  // Safari has no idle callbacks.
  if (globalThis.requestIdleCallback) requestIdleCallback(work, { timeout: LONGEST_WAIT });
  else setTimeout(work, LONGEST_WAIT / 4);
};

/** @param {any} app @param {any} api */
export const createPanels = (app, api) => {
  /** @type {Map<any, () => void>} */
  const panels = new Map();
  /** @type {WeakMap<any, import("./graph_settings.js").Report>} */
  const reports = new WeakMap();
  let catalog = NOTHING_KNOWN;
  /** Nodes that are to get a panel as soon as the classic canvas has drawn them. @type {Set<any>} */
  const unseen = new Set();
  /** Nodes that get theirs next. @type {Set<any>} */
  const wanted = new Set();
  let waiting = false;
  let making = false;

  const files = createFiles(api, () => refreshSoon());
  const facts = {
    catalog: () => catalog,
    file: files.told,
    report: (/** @type {any} */ node) => reports.get(node),
  };
  const say = () => sayIn(app.extensionManager.setting.get("Comfy.Locale") ?? "en");

  const refreshSoon = () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      if (!isClassic()) [...unseen].forEach(makeSoon);
      for (const refresh of [...panels.values()]) refresh();
    });
  };

  const makeSoon = (/** @type {any} */ node) => {
    unseen.delete(node);
    wanted.add(node);
    if (!making) makeWhenIdle();
  };

  const makeWhenIdle = () => {
    making = true;
    whenIdle(() => {
      making = false;
      [...wanted].slice(0, MADE_AT_ONCE).forEach(addTo);
      if (wanted.size) makeWhenIdle();
    });
  };

  const isClassic = () => !app.extensionManager.setting.get("Comfy.VueNodes.Enabled");
  const onWheel = (/** @type {WheelEvent} */ event) => {
    // Nodes 2.0 lets the wheel through by itself; on the classic canvas a panel lies over it.
    if (isClassic()) app.canvas.processMouseWheel(event);
  };
  const onGrown = (/** @type {any} */ node) => {
    // Nodes 2.0 fits the node to its content by itself.
    if (isClassic() && node.graph) {
      const least = node.computeSize()[1];
      if (least > node.size[1]) node.setSize([node.size[0], least]);
      node.graph.setDirtyCanvas(true, true);
    }
  };

  /** What takes the panels off nodes that have one only while they show a failure. @type {(() => void)[]} */
  const passing = [];
  const failures = createFailures(app, api, {
    failed: (node) => {
      if (!panels.has(node)) addTo(node);
      refreshSoon();
    },
    over: () => {
      for (const remove of passing.splice(0)) remove();
      refreshSoon();
    },
  });

  /** What a panel shows. @param {any} node */
  const contentOf = (node) => {
    const words = say();
    const type = node.comfyClass;
    const shown = type in SCHEDULES
      ? scheduleOf(node, facts, words)
      : { lines: BADGES.includes(type) ? badgeOf(node, facts, words) : [] };
    const text = failures.of(node);
    if (!text) return shown;
    const others = shown.lines.filter((line) => line.text !== text);
    return { ...shown, lines: [{ text, kind: /** @type {const} */ ("error") }, ...others] };
  };

  const attach = (/** @type {any} */ node) => {
    const type = node.comfyClass;
    if (!type?.startsWith("FewStep")) return;
    listen(node, refreshSoon);
    if (!(type in SCHEDULES) && !BADGES.includes(type)) return;
    after(node, "onRemoved", () => forget(node));
    if (type in LOADERS) {
      after(node, "onExecuted", (/** @type {any} */ output) => {
        const text = output?.fewstep?.[0];
        if (text) reports.set(node, JSON.parse(text));
        refreshSoon();
      });
    }
    if (!isClassic()) return makeSoon(node);
    // The host needs 1 to 2 ms for a panel, so those out of view and far away are not made yet.
    unseen.add(node);
    after(node, "onDrawForeground", () => {
      if (unseen.has(node) && !app.canvas.low_quality) makeSoon(node);
    });
  };

  const forget = (/** @type {any} */ node) => {
    unseen.delete(node);
    wanted.delete(node);
  };

  const addTo = (/** @type {any} */ node) => {
    forget(node);
    const isPlot = node.comfyClass in SCHEDULES;
    const words = say();
    const panel = addPanel(node, words(isPlot ? "plot" : "badge"), isPlot, {
      wheel: onWheel,
      grown: () => onGrown(node),
      seen: refreshSoon,
      onCanvas: () => node.graph === app.canvas.graph,
    });
    const refresh = () => {
      if (node.graph && panel.inView()) panel.show(contentOf(node));
    };
    after(node, "onRemoved", () => {
      panel.end();
      panels.delete(node);
    });
    if (isPlot || BADGES.includes(node.comfyClass)) {
      // A node that is taken out and put back, as undo does, is given its panel again.
      after(node, "onAdded", () => {
        panel.begin();
        panels.set(node, refresh);
        refreshSoon();
      });
    } else {
      passing.push(() => {
        if (panels.delete(node)) panel.remove();
      });
    }
    panels.set(node, refresh);
    onGrown(node);
    refreshSoon();
  };

  return {
    attach,
    refreshSoon,
    forgetFiles: files.forget,
    /** @param {any} nodeData the definition of Few-step recipe, which holds all recipes */
    learn: (nodeData) => {
      catalog = catalogOf(nodeData);
      refreshSoon();
    },
  };
};

/** Calls `refresh` after each change of a node's widgets and links. */
const listen = (/** @type {any} */ node, /** @type {() => void} */ refresh) => {
  for (const widget of node.widgets ?? []) after(widget, "callback", refresh);
  for (const name of ["onConfigure", "onConnectionsChange"]) after(node, name, refresh);
};

/**
 * Does something after a method of this one object, whatever the method was.
 * @param {any} object @param {string} name @param {(...given: any[]) => void} then
 */
const after = (object, name, then) => {
  const before = object[name];
  object[name] = function (/** @type {any[]} */ ...given) {
    const result = before?.apply(this, given);
    then(...given);
    return result;
  };
};
