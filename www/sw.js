/**
 * Keeps the site, so that a second visit works with the network off. The build writes in which files belong to it
 * (SITE_FILES) and a hash of their contents (SITE_VERSION).
 *
 * The weights are not among them: the lib keeps those itself, for pages of other origins too, which have no service
 * worker of ours. The WebAssembly of both devices is: which one a visitor needs can change from visit to visit. Which
 * of the two builds for the CPU does not: the other is never loaded. What few visitors need (LATE_FILES) is kept when it
 * is first loaded.
 */

import { isOfOtherBrowsers } from "./lib/flavour.js";

// The compiler takes every script for one with a window until told otherwise.
const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));

const PREFIX = "lastlayer-site-";
const CACHE = PREFIX + SITE_VERSION;
const FILES = new Set(SITE_FILES.filter((file) => !isOfOtherBrowsers(file)).map(addressOf));
const LATE = new Set(LATE_FILES.map(addressOf));

// A new version waits until the last page of the old one is closed: a page never gets parts of two versions.
worker.addEventListener("install", (event) => event.waitUntil(store()));
worker.addEventListener("activate", (event) => event.waitUntil(takeOver()));
worker.addEventListener("fetch", (event) => {
  const url = pageAddress(event.request.url);
  // All else goes to the network as if there were no service worker: other origins, the weights, whatever a host adds
  // to the site.
  if (event.request.method === "GET" && (FILES.has(url) || LATE.has(url))) event.respondWith(serve(event.request, url));
});

async function store() {
  const cache = await caches.open(CACHE);
  // “no-cache”: what the page has just loaded is not downloaded again, but an outdated copy is never taken for the new
  // version.
  await cache.addAll([...FILES].map((url) => new Request(url, { cache: "no-cache" })));
}

async function takeOver() {
  const names = await caches.keys();
  await Promise.all(
    names.filter((name) => name.startsWith(PREFIX) && name !== CACHE).map((name) => caches.delete(name)),
  );
  await worker.clients.claim();
}

/**
 * @param {Request} request
 * @param {string} url
 */
async function serve(request, url) {
  const cache = await caches.open(CACHE);
  const kept = await cache.match(url);
  // Not loaded yet, or thrown away by a browser short of space.
  if (!kept) return LATE.has(url) ? firstUse(cache, url) : fetch(request);
  // Some hosts redirect “index.html” to its folder, and a redirected answer is refused as a page: this makes it a plain
  // one.
  return kept.redirected ? new Response(kept.body, kept) : kept;
}

/**
 * @param {Cache} cache
 * @param {string} url
 */
async function firstUse(cache, url) {
  const response = await fetch(url, { cache: "no-cache" });
  if (response.ok) cache.put(url, response.clone()).catch(() => {}); // a full disk is no reason to fail
  return response;
}

/** @param {string} file  Relative to this script, as the build lists it. */
function addressOf(file) {
  return new URL(file, worker.location.href).href;
}

/**
 * A folder stands for its index page, and neither query nor fragment makes another file.
 * @param {string} address
 */
function pageAddress(address) {
  const url = new URL(address);
  if (url.pathname.endsWith("/")) url.pathname += "index.html";
  return url.origin + url.pathname;
}
