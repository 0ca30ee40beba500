/** In the thread of the page a browser may have no `createWritable` (Safari before 26); in a worker all can write. */
const SCRIPT = `onmessage = async ({ data: { path, content, port } }) => {
  try {
    let folder = await navigator.storage.getDirectory();
    for (const name of path.slice(0, -1)) folder = await folder.getDirectoryHandle(name);
    const access = await (await folder.getFileHandle(path.at(-1))).createSyncAccessHandle();
    try {
      if (access.write(content) < content.byteLength) throw { name: "QuotaExceededError", message: "no space left" };
      access.flush();
    } finally {
      access.close();
    }
    port.postMessage(null);
  } catch ({ name, message }) {
    port.postMessage({ name, message });
  }
};`;

/** @type {Worker | null} */
let worker = null;

/**
 * Writes a file that is empty.
 * @param {FileSystemFileHandle} handle
 * @param {readonly string[]} path  Where it lies, its name last.
 * @param {Blob | Uint8Array<ArrayBuffer> | ArrayBuffer} content
 */
export async function writeFile(handle, path, content) {
  if (!("createWritable" in handle)) return writeInWorker(path, content);
  const stream = await handle.createWritable();
  await stream.write(content).catch(async (error) => {
    await stream.abort().catch(() => {});
    throw error;
  });
  await stream.close();
}

/**
 * @param {readonly string[]} path
 * @param {Blob | Uint8Array<ArrayBuffer> | ArrayBuffer} content
 */
async function writeInWorker(path, content) {
  const bytes = new Uint8Array(await new Response(content).arrayBuffer());
  worker ??= new Worker(URL.createObjectURL(new Blob([SCRIPT], { type: "text/javascript" })));
  const { port1, port2 } = new MessageChannel();
  const failure = await new Promise((resolve, reject) => {
    port1.onmessage = ({ data }) => resolve(data);
    worker?.addEventListener("error", reject, { once: true });
    worker?.postMessage({ path, content: bytes, port: port2 }, [port2, bytes.buffer]);
  });
  port1.close();
  if (failure) throw new DOMException(failure.message, failure.name);
}
