/** What the operating system leaves in folders of photos. Nobody chose these files, so they are not reported either. */
const SYSTEM_FILE = /^(\.ds_store|thumbs\.db|desktop\.ini|\._.*)$/i;
const SYSTEM_FOLDER = "__MACOSX";

/**
 * Groups files by the folder that each lies in: its name is the class. A file that lies in no folder is loose (`label` null).
 * Groups and files keep their order; files of folders with the same name come together, wherever the folders are.
 *
 * @param {Iterable<{ file: File, path: string }>} files  `path` as of `webkitRelativePath`: names joined by slashes.
 * @returns {{ label: string | null, files: File[] }[]}
 */
export function groupByFolder(files) {
  /** @type {Map<string | null, File[]>} */
  const groups = new Map();
  for (const { file, path } of files) {
    const parts = path.split("/").filter((part) => part !== "");
    const name = parts.at(-1) ?? file.name;
    if (SYSTEM_FILE.test(name) || parts.includes(SYSTEM_FOLDER)) continue;
    // Two ways to write “é” are one name to the reader, and so one class; macOS writes the long one.
    const label = parts.at(-2)?.normalize("NFC").trim() || null;
    const group = groups.get(label);
    if (group) group.push(file);
    else groups.set(label, [file]);
  }
  return [...groups].map(([label, grouped]) => ({ label, files: grouped }));
}
