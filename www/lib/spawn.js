/**
 * Starts the worker. A script of another origin cannot be a worker, but a script of our own may import it: so the worker's own script is
 * one line, in a blob.
 * @param {string} url  The worker's module.
 * @returns {Worker}
 */
export function spawn(url) {
  const script = URL.createObjectURL(new Blob([`import ${JSON.stringify(url)};`], { type: "text/javascript" }));
  const worker = new Worker(script, { type: "module", name: "lastlayer" });
  // The address must last until the script has been read, which no event tells; a first message or an error comes after it.
  const release = () => URL.revokeObjectURL(script);
  worker.addEventListener("message", release, { once: true });
  worker.addEventListener("error", release, { once: true });
  return worker;
}
