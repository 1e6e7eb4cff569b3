// @ts-check
/** The pack's templates in the order of their names: the host lists them as the disk has them. */

const PACK = decodeURIComponent(new URL(import.meta.url).pathname.split("/").at(-2) ?? "");

/** @param {any} api the page's, whose list of other packs' templates stays as it is */
export function sortTemplates(api) {
  const list = api.getWorkflowTemplates?.bind(api);
  if (!list) return;
  api.getWorkflowTemplates = async () => {
    const found = await list();
    found?.[PACK]?.sort();
    return found;
  };
}
