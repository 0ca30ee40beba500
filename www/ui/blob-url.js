import { noChange } from "lit";
import { AsyncDirective, directive } from "lit/async-directive.js";

/**
 * `src=${blobUrl(blob)}`: an object URL that lives exactly as long as the image that shows it.
 * An object URL keeps its blob in memory until it is revoked; with hundreds of photos that matters.
 */
class BlobUrl extends AsyncDirective {
  /** @type {Blob | null} */ blob = null;
  /** @type {string | null} */ url = null;

  /** @param {Blob} blob */
  render(blob) {
    if (blob === this.blob) return noChange;
    this.#revoke();
    this.blob = blob;
    this.url = URL.createObjectURL(blob);
    return this.url;
  }

  disconnected() {
    this.#revoke();
  }

  reconnected() {
    if (!this.blob) return;
    this.url = URL.createObjectURL(this.blob);
    this.setValue(this.url);
  }

  #revoke() {
    if (this.url) URL.revokeObjectURL(this.url);
    this.url = null;
  }
}

export const blobUrl = directive(BlobUrl);
