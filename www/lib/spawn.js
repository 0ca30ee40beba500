/**
 * Starts the worker. A script of another origin cannot be a worker, but a script of our own may import it: so the
 * worker's own script is one line, in a blob. In a frame that is sandboxed without `allow-same-origin`, and in its
 * workers, the origin is opaque: browsers refuse blobs as module workers there, and take the same line as a `data:`
 * address.
 * @param {string} url  The worker's module.
 * @returns {Worker}
 */
export function spawn(url) {
  const line = `import ${JSON.stringify(url)};`;
  /** @type {WorkerOptions} */
  const options = { type: "module", name: "lastlayer" };
  if (globalThis.origin === "null") return new Worker(`data:text/javascript,${encodeURIComponent(line)}`, options);
  const script = URL.createObjectURL(new Blob([line], { type: "text/javascript" }));
  const worker = new Worker(script, options);
  // The address must last until the script has been read, which no event tells; a first message or an error comes after
  // it.
  const release = () => URL.revokeObjectURL(script);
  worker.addEventListener("message", release, { once: true });
  worker.addEventListener("error", release, { once: true });
  return worker;
}
