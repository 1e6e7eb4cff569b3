// @ts-check
/** What is kept of runs and teacher paths: a button on the nodes that train lists and clears it. */

import { sayIn } from "./strings.js";
import { COLOURS, element } from "./theme.js";

const NODES = ["FewStepDistil", "FewStepTeacherPaths"];
const ROUTE = "/fewstep/kept";

/** @typedef {{kind: "training" | "paths", name: string, bytes: number, running: boolean}} Kept */
/** @typedef {{kept?: Kept[], error?: string}} Answer */

/** @param {any} app @param {any} api */
export const createKept = (app, api) => {
  const words = () => sayIn(app.extensionManager.setting.get("Comfy.Locale") ?? "en");

  /** @param {Kept} [clear] what to delete first @returns {Promise<Answer>} */
  const ask = async (clear) => {
    const asked = clear && {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ clear: { kind: clear.kind, name: clear.name } }),
    };
    try {
      const response = await api.fetchApi(ROUTE, asked ?? {});
      return response.ok ? await response.json() : { error: `ComfyUI answers ${response.status}` };
    } catch (error) {
      return { error: String(error) };
    }
  };

  const open = async () => {
    const say = words();
    const list = element("div", { overflowY: "auto", flex: "1 1 auto" });
    const close = button(say("keptClose"), () => dialog.close());
    const dialog = /** @type {HTMLDialogElement} */ (
      element(
        "dialog",
        {
          width: "min(36rem, 90vw)",
          maxHeight: "80vh",
          padding: "16px",
          border: `1px solid ${COLOURS.line}`,
          borderRadius: "8px",
          background: "var(--comfy-menu-bg, #222)",
          color: COLOURS.text,
          font: "14px/1.5 sans-serif",
        },
        element("h2", { margin: "0 0 8px", fontSize: "16px" }, say("keptTitle")),
        list,
        element("div", { textAlign: "end", marginTop: "12px" }, close),
      )
    );
    dialog.dataset.fewstep = "kept";
    // The page's own shortcuts are not for what is typed here; one of them takes Escape.
    dialog.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Escape") dialog.close();
    });
    dialog.addEventListener("close", () => dialog.remove());

    /** @param {Answer} answer */
    const show = (answer) => {
      const rows = (answer.kept ?? []).map((one) => rowOf(one, say, async () => show(await ask(one))));
      const none = answer.kept?.length === 0 ? [element("p", {}, say("keptNone"))] : [];
      const wrong = answer.error ? [element("p", { color: COLOURS.wrong }, answer.error)] : [];
      list.replaceChildren(...wrong, ...none, ...rows);
      // What was pressed is gone, and the keys would be the page's.
      close.focus();
    };
    document.body.append(dialog);
    dialog.showModal();
    show(await ask());
  };

  return {
    /** @param {any} node */
    attach: (node) => {
      if (!NODES.includes(node.comfyClass)) return;
      // A run goes on with the same settings alone, so the page gives it no other seed by itself.
      const after = node.widgets?.find((one) => one.name === "control_after_generate");
      if (after) after.value = "fixed";
      const widget = node.addWidget("button", "kept_runs", null, open, { serialize: false });
      widget.serialize = false;
      widget.label = words()("keptButton");
    },
  };
};

/**
 * One run or set of paths; to clear it takes two presses, the second of which says what is lost.
 * @param {Kept} one @param {import("./strings.js").Say} say @param {() => void} clear
 */
const rowOf = (one, say, clear) => {
  const size = (one.bytes / 2 ** 20).toFixed(1);
  const kind = say(one.kind === "paths" ? "keptPaths" : "keptRun");
  let sure = false;
  const press = button(say(one.running ? "keptRunning" : "keptClear"), () => {
    if (sure) return clear();
    sure = true;
    press.textContent = say("keptSure", { name: one.name, size });
    press.style.color = COLOURS.wrong;
  });
  press.disabled = one.running;
  return element(
    "div",
    {
      display: "flex",
      gap: "12px",
      alignItems: "center",
      padding: "6px 0",
      borderTop: `1px solid ${COLOURS.line}`,
    },
    element("span", { flex: "1 1 auto", overflowWrap: "anywhere" }, one.name),
    element("span", { color: COLOURS.muted, whiteSpace: "nowrap" }, `${kind}, ${size} MB`),
    press,
  );
};

/** @param {string} text @param {() => void} press @returns {HTMLButtonElement} */
const button = (text, press) => {
  const made = /** @type {HTMLButtonElement} */ (
    element(
      "button",
      {
        padding: "4px 12px",
        border: `1px solid ${COLOURS.line}`,
        borderRadius: "6px",
        background: COLOURS.ground,
        color: COLOURS.text,
        font: "inherit",
      },
      text,
    )
  );
  made.type = "button";
  made.addEventListener("click", press);
  return made;
};
