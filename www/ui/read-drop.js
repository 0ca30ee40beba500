/**
 * Files out of a drop, a paste or a file input, folders read to the bottom, each file with its path. In no particular
 * order, and with whatever systems left among them: what to make of them is not decided here.
 * @typedef {import("./types.d.ts").Incoming} Incoming
 * @typedef {import("./types.d.ts").IncomingFile} IncomingFile
 */

/**
 * Must be called in the event handler itself: the browser empties the transfer as soon as the handler returns.
 * @param {DataTransfer} transfer
 * @returns {Promise<Incoming>}
 */
export async function readTransfer(transfer) {
  /** @type {FileSystemEntry[]} */ const entries = [];
  /** @type {File[]} */ const files = [];
  for (const item of transfer.items) {
    if (item.kind !== "file") continue;
    // Null for pasted images and where the browser has no folder support: then the file itself is all there is.
    const entry = item.webkitGetAsEntry?.() ?? null;
    const file = entry ? null : item.getAsFile();
    if (entry) entries.push(entry);
    else if (file) files.push(file);
  }
  const incoming = readFiles(files);
  for (const entry of entries) await readEntry(entry, incoming);
  return incoming;
}

/**
 * @param {Iterable<File>} files of an input; one with `webkitdirectory` tells each file's path
 * @returns {Incoming}
 */
export function readFiles(files) {
  return { files: Array.from(files, (file) => ({ file, path: file.webkitRelativePath || file.name })), unreadable: [] };
}

/** @param {FileSystemEntry} entry @param {Incoming} incoming */
async function readEntry(entry, incoming) {
  const path = entry.fullPath.replace(/^\//, "");
  try {
    if (entry.isDirectory) {
      for (const child of await readFolder(/** @type {FileSystemDirectoryEntry} */ (entry)))
        await readEntry(child, incoming);
    } else {
      incoming.files.push({ file: await readFile(/** @type {FileSystemFileEntry} */ (entry)), path });
    }
  } catch {
    // Moved, locked or without permission since it was dropped. The panel lists it by its path.
    incoming.unreadable.push(path);
  }
}

/**
 * `readEntries` hands out at most about a hundred entries a call; only an empty answer means the end.
 * @param {FileSystemDirectoryEntry} folder
 */
async function readFolder(folder) {
  const reader = folder.createReader();
  /** @type {FileSystemEntry[]} */ const children = [];
  for (;;) {
    /** @type {FileSystemEntry[]} */
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) break;
    children.push(...some);
  }
  return children;
}

/** @param {FileSystemFileEntry} entry @returns {Promise<File>} */
function readFile(entry) {
  return new Promise((resolve, reject) => entry.file(resolve, reject));
}
