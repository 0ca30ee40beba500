// ONNX Runtime Web: inference alone, it cannot train.

/** @import { Contestant, Work } from "./timing.js" */
import { networkOf } from "./networks.js";
import { onnxFile } from "./onnx-file.js";
import { picture, planar } from "./photos.js";
import { batches, medianOf, range, timed } from "./timing.js";

/**
 * @param {{ peers: string, network: string, provider: "wasm" | "webgpu", threads: number }} options
 * @returns {Promise<Contestant>}
 */
export async function open({ peers, network: name, provider, threads }) {
  const network = networkOf(name);
  const folder = new URL(`${peers}onnxruntime-web/dist/`, location.href).href;
  const ort = await import(`${folder}ort.${provider}.min.mjs`);
  ort.env.wasm.wasmPaths = folder;
  ort.env.wasm.numThreads = threads;
  ort.env.logLevel = "error";
  /** @param {boolean} classifier */
  const session = (classifier) =>
    ort.InferenceSession.create(onnxFile(network, { classifier }), {
      executionProviders: [provider],
      graphOptimizationLevel: "all",
    });
  const [whole, pooled] = [await session(true), await session(false)];

  /**
   * @param {any} session
   * @param {ImageData[]} pictures
   */
  async function run(session, pictures) {
    const shape = [pictures.length, 3, network.side, network.side];
    const input = new ort.Tensor("float32", planar(pictures, network), shape);
    const { output } = await session.run({ input });
    const values = await output.getData(true);
    return /** @type {Float32Array} */ (values);
  }

  return {
    about: `onnxruntime-web ${ort.env.versions.web ?? ort.env.versions.common} (${provider}${provider === "wasm" ? `, ${ort.env.wasm.numThreads} thread${threads > 1 ? "s" : ""}` : ""})`,
    cases: {
      /** @param {Work} work */
      async "embed-one"({ repeats }) {
        const pictures = [picture(0, network)];
        const [milliseconds, logits] = await medianOf(repeats, () => run(whole, pictures));
        return { milliseconds, output: [...logits] };
      },
      /** @param {Work} work */
      async "embed-many"({ photos, batch }) {
        const pictures = range(0, photos).map((number) => picture(number, network));
        const [milliseconds] = await timed(async () => {
          for (const numbers of batches(photos, batch))
            await run(pooled, pictures.slice(numbers[0], numbers[0] + numbers.length));
        });
        return { milliseconds: milliseconds / photos };
      },
    },
  };
}
