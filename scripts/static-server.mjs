import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { extname, join, normalize, sep } from "node:path";
import { pipeline } from "node:stream/promises";

/** @type {Record<string, string>} */
const TYPES = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".map": "application/json",
  ".mjs": "text/javascript; charset=utf-8",
  ".png": "image/png",
  ".jpg": "image/jpeg",
  ".safetensors": "application/octet-stream",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
  ".wasm": "application/wasm",
};

/**
 * Serves a folder as a plain static host does: no COOP or COEP headers, since the hosts of our users send none, and
 * CORS `*`, since pages of other origins load the element from here.
 *
 * @param {string} root
 * @returns {import("node:http").RequestListener}
 */
export function staticFiles(root) {
  return (request, response) => {
    answer(root, request, response).catch((error) => {
      // A reader who went away in the middle of a file is no fault.
      if (error.code !== "ERR_STREAM_PREMATURE_CLOSE") console.error(`${request.method} ${request.url}:`, error);
      response.destroy();
    });
  };
}

/**
 * @param {string} root
 * @param {import("node:http").IncomingMessage} request
 * @param {import("node:http").ServerResponse} response
 */
async function answer(root, request, response) {
  response.setHeader("Access-Control-Allow-Origin", "*");
  if (request.method !== "GET" && request.method !== "HEAD") return refuse(response, 405);
  const { pathname } = new URL(request.url ?? "/", "http://localhost");
  const path = safePath(root, pathname);
  if (!path) return refuse(response, 400);
  const found = await fileAt(path);
  if (!found) return refuse(response, 404);
  // Without the slash, the page's relative addresses would mean other files.
  if (found.isFolder && !pathname.endsWith("/")) return redirect(response, `${pathname}/`);

  const { file, size, modified } = found;
  // A build changes files under the same name: they are asked for each time, and not sent again while they are the same.
  const tag = `"${size.toString(16)}-${modified.toString(16)}"`;
  response.setHeader("Cache-Control", "no-cache");
  response.setHeader("ETag", tag);
  if (request.headers["if-none-match"] === tag) return void response.writeHead(304).end();
  response.writeHead(200, { "Content-Type": TYPES[extname(file)] ?? "application/octet-stream", "Content-Length": size });
  if (request.method === "HEAD") return void response.end();
  await pipeline(createReadStream(file), response);
}

/**
 * @param {string} root
 * @param {string} pathname
 * @returns {string | null} null for an address that is malformed or leads out of the folder
 */
function safePath(root, pathname) {
  try {
    const path = normalize(join(root, decodeURIComponent(pathname)));
    return path === normalize(root) || path.startsWith(normalize(root + sep)) ? path : null;
  } catch {
    return null;
  }
}

/** @param {string} path */
async function fileAt(path) {
  for (const [file, isFolder] of /** @type {const} */ ([[path, false], [join(path, "index.html"), true]])) {
    const info = await stat(file).catch(absent);
    if (info?.isFile()) return { file, isFolder, size: info.size, modified: Math.round(info.mtimeMs) };
  }
  return null;
}

/** @param {NodeJS.ErrnoException} error */
function absent(error) {
  if (error.code === "ENOENT" || error.code === "ENOTDIR") return null;
  throw error;
}

/**
 * @param {import("node:http").ServerResponse} response
 * @param {number} status
 */
function refuse(response, status) {
  response.writeHead(status, { "Content-Type": "text/plain; charset=utf-8" }).end(`${status}\n`);
}

/**
 * @param {import("node:http").ServerResponse} response
 * @param {string} location
 */
function redirect(response, location) {
  response.writeHead(301, { Location: location }).end();
}
