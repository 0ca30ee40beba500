// ONNX Runtime Web: inference alone, it cannot train.

/** @import { Contestant, Work } from "./timing.js" */
import { LITE0 } from "./networks.js";
import { onnxFile } from "./onnx-file.js";
import { picture, planar } from "./photos.js";
import { batches, medianOf, range, timed } from "./timing.js";

/**
 * @param {{ peers: string, provider: "wasm" | "webgpu", threads: number }} options
 * @returns {Promise<Contestant>}
 */
export async function open({ peers, provider, threads }) {
  const folder = new URL(`${peers}onnxruntime-web/dist/`, location.href).href;
  const ort = await import(`${folder}ort.${provider}.min.mjs`);
  ort.env.wasm.wasmPaths = folder;
  ort.env.wasm.numThreads = threads;
  ort.env.logLevel = "error";
  /** @param {boolean} classifier */
  const session = (classifier) =>
    ort.InferenceSession.create(onnxFile(LITE0, { classifier }), {
      executionProviders: [provider],
      graphOptimizationLevel: "all",
    });
  const [whole, pooled] = [await session(true), await session(false)];

  /**
   * @param {any} network
   * @param {ImageData[]} pictures
   */
  async function run(network, pictures) {
    const input = new ort.Tensor("float32", planar(pictures), [pictures.length, 3, LITE0.side, LITE0.side]);
    const { output } = await network.run({ input });
    const values = await output.getData(true);
    return /** @type {Float32Array} */ (values);
  }

  return {
    about: `onnxruntime-web ${ort.env.versions.web ?? ort.env.versions.common} (${provider}${provider === "wasm" ? `, ${ort.env.wasm.numThreads} thread${threads > 1 ? "s" : ""}` : ""})`,
    cases: {
      /** @param {Work} work */
      async "embed-one"({ repeats }) {
        const pictures = [picture(0)];
        const [milliseconds, logits] = await medianOf(repeats, () => run(whole, pictures));
        return { milliseconds, output: [...logits] };
      },
      /** @param {Work} work */
      async "embed-many"({ photos, batch }) {
        const pictures = range(0, photos).map(picture);
        const [milliseconds] = await timed(async () => {
          for (const numbers of batches(photos, batch))
            await run(pooled, pictures.slice(numbers[0], numbers[0] + numbers.length));
        });
        return { milliseconds: milliseconds / photos };
      },
    },
  };
}
