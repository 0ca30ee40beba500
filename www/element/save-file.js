/**
 * Has the browser save a file where it saves downloads.
 * @param {Blob} file
 * @param {string} name
 */
export function saveFile(file, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  // The download has its own hold on the blob only once it has begun, which no event tells.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
