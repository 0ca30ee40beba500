// Takes the README's picture: the page with three classes of drawn flowers, trained, and one new flower recognised.
//
//     node scripts/screenshot.mjs [docs/page.png]      (after ./build.sh; Chromium on the PATH or in CHROME_PATH)
//
// The flowers are drawn here, so that the repository holds nobody's photos.
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { staticFiles } from "./static-server.mjs";

const TARGET = process.argv[2] ?? "docs/page.png";
const CLASSES = { "five petals": 5, "eight petals": 8, "thirteen petals": 13 };
const PER_CLASS = 12;

/**
 * Draws one flower on a meadow and returns it as a PNG. Runs in the page.
 * @param {{ petals: number, seed: number }} what
 */
function drawFlower({ petals, seed }) {
  let state = seed * 2654435761 + petals * 97;
  const random = () => {
    state = (Math.imul(state ^ (state >>> 15), 2246822519) + 0x9e3779b9) | 0;
    return ((state >>> 8) & 0xffff) / 0xffff;
  };
  const size = 320;
  const canvas = new OffscreenCanvas(size, size);
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const meadow = context.createLinearGradient(0, 0, size, size);
  const green = 85 + random() * 60;
  meadow.addColorStop(0, `hsl(${green} 45% ${20 + random() * 15}%)`);
  meadow.addColorStop(1, `hsl(${green + 20} 50% ${38 + random() * 15}%)`);
  context.fillStyle = meadow;
  context.fillRect(0, 0, size, size);
  for (let blade = 0; blade < 90; blade += 1) {
    context.strokeStyle = `hsl(${green + random() * 30} 45% ${25 + random() * 35}% / 0.6)`;
    context.lineWidth = 1 + random() * 4;
    const x = random() * size;
    context.beginPath();
    context.moveTo(x, size);
    context.quadraticCurveTo(x + 40 * (random() - 0.5), size * 0.6, x + 90 * (random() - 0.5), size * random());
    context.stroke();
  }
  context.translate(size * (0.4 + 0.2 * random()), size * (0.4 + 0.2 * random()));
  context.rotate(random() * Math.PI);
  const hue = [330, 48, 265, 15, 210][Math.floor(random() * 5)] + random() * 20;
  const length = size * (0.27 + 0.09 * random());
  const width = (length * 2.4) / petals;
  for (let petal = 0; petal < petals; petal += 1) {
    context.save();
    context.rotate((2 * Math.PI * petal) / petals + 0.1 * (random() - 0.5));
    const shade = context.createLinearGradient(0, 0, length, 0);
    shade.addColorStop(0, `hsl(${hue} 80% 45%)`);
    shade.addColorStop(1, `hsl(${hue} 90% ${72 + random() * 10}%)`);
    context.fillStyle = shade;
    context.shadowColor = "rgb(0 0 0 / 0.35)";
    context.shadowBlur = 8;
    context.beginPath();
    context.ellipse(length * 0.58, 0, length * 0.46, width * 0.55, 0, 0, 2 * Math.PI);
    context.fill();
    context.restore();
  }
  const heart = context.createRadialGradient(0, 0, 2, 0, 0, length * 0.3);
  heart.addColorStop(0, "hsl(45 95% 62%)");
  heart.addColorStop(1, "hsl(32 90% 40%)");
  context.fillStyle = heart;
  context.beginPath();
  context.arc(0, 0, length * 0.28, 0, 2 * Math.PI);
  context.fill();
  return canvas
    .convertToBlob()
    .then((blob) => blob.arrayBuffer())
    .then((buffer) => [...new Uint8Array(buffer)]);
}

const server = createServer(staticFiles("dist"));
server.listen(0);
await once(server, "listening");
const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
const folder = await mkdtemp(join(tmpdir(), "lastlayer-flowers-"));
const browser = await chromium.launch({
  executablePath: process.env.CHROME_PATH ?? "/usr/bin/chromium",
  args: ["--headless", "--no-sandbox", "--disable-background-networking"],
});
try {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  await page.goto(`http://localhost:${port}/`);
  for (const [name, petals] of Object.entries(CLASSES)) {
    await mkdir(join(folder, name));
    for (let seed = 1; seed <= PER_CLASS; seed += 1) {
      const bytes = await page.evaluate(drawFlower, { petals, seed });
      await writeFile(join(folder, name, `flower ${seed}.png`), new Uint8Array(bytes));
    }
  }
  const unseen = join(folder, "new flower.png");
  await writeFile(unseen, new Uint8Array(await page.evaluate(drawFlower, { petals: 8, seed: 99 })));
  for (const name of Object.keys(CLASSES)) {
    await page.getByTestId("input-folder").first().setInputFiles(join(folder, name));
    await page.locator(`[data-testid="class-card"][data-label="${name}"]`).waitFor();
  }
  const train = page.getByTestId("train-button");
  await page.waitForFunction(
    (count) => /** @type {any} */ (document.querySelector("last-layer")).fineTuner?.photos.length === count,
    PER_CLASS * Object.keys(CLASSES).length,
  );
  await train.click();
  await page.getByTestId("val-top1").waitFor({ timeout: 120_000 });
  await page.getByTestId("input-test").first().setInputFiles(unseen);
  await page.getByTestId("prediction-row").first().waitFor();
  await page.waitForTimeout(600); // The bars grow.
  await page.locator("last-layer").screenshot({ path: TARGET });
} finally {
  await browser.close();
  server.close();
  await rm(folder, { recursive: true });
}
