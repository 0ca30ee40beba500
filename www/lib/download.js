import { LastLayerError } from "./errors.js";

/**
 * @param {string} url
 * @param {RequestInit} [options]
 * @returns {Promise<Response>} whose status is a success
 */
export async function fetchOk(url, options) {
  const response = await fetch(url, options).catch((error) => {
    if (options?.signal?.aborted) throw error;
    throw failed(url, String(error));
  });
  if (!response.ok) throw failed(url, `the server answered ${response.status}`);
  // Many hosts answer with a page of their own where a file is missing. Nothing that we ask for is a page.
  if (response.headers.get("content-type")?.startsWith("text/html"))
    throw failed(url, "the server answered with a page");
  return response;
}

/**
 * Counts the bytes of a body as they pass. They are counted after the content encoding is undone: a server that
 * compresses announces another length, so totals come from the build, never from a header.
 *
 * @param {Response} response
 * @param {(done: number) => void} onBytes
 * @returns {ReadableStream<Uint8Array<ArrayBuffer>>}
 */
export function countBytes(response, onBytes) {
  if (!response.body) throw failed(response.url, "the answer has no body");
  let done = 0;
  return response.body.pipeThrough(
    new TransformStream({
      transform(chunk, controller) {
        done += chunk.byteLength;
        onBytes(done);
        controller.enqueue(chunk);
      },
    }),
  );
}

/**
 * @param {string} url
 * @param {string} detail
 */
export function failed(url, detail) {
  return new LastLayerError(
    "download-failed",
    `${url} could not be downloaded: ${detail}. Check the connection, then try again.`,
    { url, detail },
  );
}
