/**
 * Drags files and folders over a part of the page and lets them go.
 * @param {import("./page.mjs").RealPage} page
 * @param {string} hook
 * @param {string[]} paths
 */
export async function drop(page, hook, paths) {
  const target = page.hook(hook);
  await target.scrollIntoViewIfNeeded();
  const box = await target.boundingBox();
  if (!box) throw new Error(`${hook} is not on screen`);
  const devtools = await page.page.context().newCDPSession(page.page);
  const data = { items: [], files: paths, dragOperationsMask: 1 };
  for (const type of /** @type {const} */ (["dragEnter", "dragOver", "drop"])) {
    await devtools.send("Input.dispatchDragEvent", { type, x: box.x + box.width / 2, y: box.y + box.height / 2, data });
  }
  await devtools.detach();
}
