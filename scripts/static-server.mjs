import { existsSync } from "node:fs";
import { join } from "node:path";
import sirv from "sirv";

/**
 * Serves a folder as a plain static host does: no COOP or COEP headers, since the hosts of our users send none, and
 * CORS `*`, since pages of other origins load the element from here. A build changes files under the same name, so
 * browsers ask for them each time (`dev`), and are sent only what has changed (`etag`).
 *
 * @param {string} root
 * @returns {import("node:http").RequestListener}
 */
export function staticFiles(root) {
  const files = sirv(root, { dev: true, etag: true, extensions: ["html"], setHeaders: typeOfWeights });
  return (request, response) => {
    response.setHeader("Access-Control-Allow-Origin", "*");
    if (request.method !== "GET" && request.method !== "HEAD") return refuse(response, 405);
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    // Without the slash, the page's relative addresses would mean other files.
    if (!pathname.endsWith("/") && existsSync(join(root, pathname, "index.html"))) {
      response.writeHead(301, { Location: `${pathname}/` }).end();
      return;
    }
    files(request, response, () => refuse(response, 404));
  };
}

/**
 * The one type of file that sirv has no name for.
 * @param {import("node:http").ServerResponse} response
 * @param {string} path
 */
function typeOfWeights(response, path) {
  if (path.endsWith(".safetensors")) response.setHeader("Content-Type", "application/octet-stream");
}

/**
 * @param {import("node:http").ServerResponse} response
 * @param {number} status
 */
function refuse(response, status) {
  response.writeHead(status, { "Content-Type": "text/plain; charset=utf-8" }).end(`${status}\n`);
}
