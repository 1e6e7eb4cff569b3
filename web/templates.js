// @ts-check
/** The pack's templates in the order of their names: the host lists them as the disk has them. */

const PACK = decodeURIComponent(new URL(import.meta.url).pathname.split("/").at(-2) ?? "");

/** @param {any} api the page's, whose list of other packs' templates stays as it is */
export const sortTemplates = (api) => {
  const list = api.getWorkflowTemplates;
  if (!list) return;
  // The page has no hook for it.
  api.getWorkflowTemplates = async function (/** @type {any[]} */ ...given) {
    const found = await list.apply(this, given);
    found?.[PACK]?.sort();
    return found;
  };
};
