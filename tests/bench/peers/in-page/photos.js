// Photos to work on. They are drawn: no photo of anybody's is in this repository.

/** @import { Network } from "./networks.js" */
import { randomNumbers } from "./networks.js";

export const CLASSES = ["one", "two", "three", "four", "five"];

/**
 * The class of a photo.
 * @param {number} number
 */
export function labelOf(number) {
  return number % CLASSES.length;
}

/**
 * A picture of the network's input size: the middle of the whole one.
 * @param {number} number
 * @param {Network} network
 */
export function picture(number, { side, input: { resized } }) {
  const margin = (resized - side) / 2;
  return draw(number, resized, resized).getImageData(margin, margin, side, side);
}

/**
 * A picture of the size that photos are resized to before the network takes the middle, so that nothing is resized.
 * @param {number} number
 * @param {Network} network
 */
export function wholePicture(number, { input: { resized } }) {
  return draw(number, resized, resized).getImageData(0, 0, resized, resized);
}

/**
 * The same as a file, without loss.
 * @param {number} number
 * @param {Network} network
 */
export async function wholePictureFile(number, { input: { resized } }) {
  const blob = await draw(number, resized, resized).canvas.convertToBlob({ type: "image/png" });
  return new File([blob], `${number}.png`, { type: blob.type });
}

/**
 * A file as a camera or a phone makes it, but smaller: 640 × 480, JPEG.
 * @param {number} number
 */
export async function photoFile(number) {
  const blob = await draw(number, 640, 480).canvas.convertToBlob({ type: "image/jpeg", quality: 0.9 });
  return new File([blob], `${number}.jpg`, { type: blob.type });
}

/**
 * Pixels as the network wants them, normalised: row by row, the three colours of a pixel together.
 * @param {ImageData[]} pictures
 * @param {Network} network
 */
export function interleaved(pictures, { side, input: { mean, std } }) {
  const out = new Float32Array(pictures.length * side * side * 3);
  let end = 0;
  for (const { data } of pictures) {
    for (let pixel = 0; pixel < data.length; pixel += 4) {
      out[end++] = (Number(data[pixel]) - mean[0]) / std[0];
      out[end++] = (Number(data[pixel + 1]) - mean[1]) / std[1];
      out[end++] = (Number(data[pixel + 2]) - mean[2]) / std[2];
    }
  }
  return out;
}

/**
 * The same, colour by colour.
 * @param {ImageData[]} pictures
 * @param {Network} network
 */
export function planar(pictures, { side, input }) {
  const plane = side * side;
  const out = new Float32Array(pictures.length * 3 * plane);
  for (const [index, { data }] of pictures.entries()) {
    for (const [channel, mean] of input.mean.entries()) {
      const [start, std] = [(3 * index + channel) * plane, Number(input.std[channel])];
      for (let pixel = 0; pixel < plane; pixel++) out[start + pixel] = (Number(data[4 * pixel + channel]) - mean) / std;
    }
  }
  return out;
}

/**
 * A coloured ground, shapes of the class over it, and grain, which JPEG finds as hard to compress as that of a photo.
 * @param {number} number
 * @param {number} width
 * @param {number} height
 */
function draw(number, width, height) {
  const random = randomNumbers(number + 1);
  const label = labelOf(number);
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  if (!context) throw new Error("no canvas");
  const ground = context.createLinearGradient(0, 0, width * random(), height);
  ground.addColorStop(0, `hsl(${360 * random()} 40% 35%)`);
  ground.addColorStop(1, `hsl(${360 * random()} 40% 65%)`);
  context.fillStyle = ground;
  context.fillRect(0, 0, width, height);
  for (let shape = 0; shape < 12; shape++) {
    const [x, y, size] = [width * random(), height * random(), height * (0.08 + 0.12 * random())];
    context.fillStyle = `hsl(${72 * label + 30 * random()} 80% ${35 + 35 * random()}%)`;
    context.beginPath();
    // A class is a number of corners.
    for (let corner = 0; corner < label + 3; corner++) {
      const angle = (2 * Math.PI * corner) / (label + 3) + shape;
      context.lineTo(x + size * Math.cos(angle), y + size * Math.sin(angle));
    }
    context.fill();
  }
  const pixels = context.getImageData(0, 0, width, height);
  for (let pixel = 0; pixel < pixels.data.length; pixel += 4) {
    const grain = 24 * (random() - 0.5);
    for (let channel = 0; channel < 3; channel++)
      pixels.data[pixel + channel] = /** @type {number} */ (pixels.data[pixel + channel]) + grain;
  }
  context.putImageData(pixels, 0, 0);
  return context;
}
