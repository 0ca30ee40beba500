import { LastLayerError } from "../lib/index.js";
import { namesIn, utf8 } from "../ui/class-names.js";

/**
 * The names in a text file, one in a line.
 * @param {string} address
 * @param {AbortSignal} signal
 */
export async function namesAt(address, signal) {
  const url = new URL(address, document.baseURI).href;
  const response = await fetch(url, { signal }).catch((error) => {
    throw signal.aborted ? new LastLayerError("cancelled", "The start was cancelled.") : failed(url, String(error));
  });
  if (!response.ok) throw failed(url, `the server answered ${response.status}`);
  const text = utf8(await response.arrayBuffer());
  if (text === null) throw failed(url, "it is no text in UTF-8");
  return namesIn(text);
}

/** @param {string} url @param {string} detail */
function failed(url, detail) {
  return new LastLayerError("download-failed", `${url} could not be downloaded: ${detail}.`, { url, detail });
}
