/** @import { LitElement, ReactiveController } from "lit" */
import { readTransfer } from "./read-drop.js";

/** How long the highlight outlives the last `dragover`; browsers send one at least every 350 ms while the pointer rests. */
const OVER_MILLISECONDS = 600;
/** Short after a `dragleave`, which also comes between two children: the next `dragover` keeps the highlight without a flicker. */
const LEFT_MILLISECONDS = 80;

/**
 * Makes an element a place to drop files on, and, with `paste`, to paste them into while the pointer or the focus is in it
 * (never elsewhere: a page around the element has its own paste). The element carries the attribute `dropping` while files hover.
 * @implements {ReactiveController}
 */
export class DropTarget {
  /**
   * @param {LitElement} host
   * @param {{ receive: (incoming: import("./types.js").Incoming, pasted: boolean) => void, enabled?: () => boolean, paste?: boolean,
   *           accepts?: (transfer: DataTransfer) => boolean, receiveOther?: (transfer: DataTransfer) => void }} options
   *        `accepts` and `receiveOther`: for things of our own that are dragged, next to files
   */
  constructor(host, options) {
    this.host = host;
    this.options = options;
    /** @type {ReturnType<typeof setTimeout> | undefined} */ this.timer = undefined;
    host.addController(this);
  }

  hostConnected() {
    this.host.addEventListener("dragover", this.#over);
    this.host.addEventListener("dragleave", this.#leave);
    this.host.addEventListener("drop", this.#drop);
    if (this.options.paste) document.addEventListener("paste", this.#paste);
  }

  hostDisconnected() {
    this.host.removeEventListener("dragover", this.#over);
    this.host.removeEventListener("dragleave", this.#leave);
    this.host.removeEventListener("drop", this.#drop);
    document.removeEventListener("paste", this.#paste);
    this.#fade(0);
  }

  /** @param {DragEvent} event */
  #over = (event) => {
    if (!event.dataTransfer || !this.#wants(event.dataTransfer)) return;
    event.preventDefault();
    // The innermost target takes it: a class card inside the photos panel.
    event.stopPropagation();
    this.host.toggleAttribute("dropping", true);
    this.#fade(OVER_MILLISECONDS);
  };

  #leave = () => this.#fade(LEFT_MILLISECONDS);

  /** @param {DragEvent} event */
  #drop = (event) => {
    const transfer = event.dataTransfer;
    if (!transfer || !this.#wants(transfer)) return;
    event.preventDefault();
    event.stopPropagation();
    this.#fade(0);
    if (hasFiles(transfer)) this.#read(transfer, false);
    else this.options.receiveOther?.(transfer);
  };

  /** @param {ClipboardEvent} event */
  #paste = (event) => {
    if (event.defaultPrevented || !event.clipboardData || !hasFiles(event.clipboardData)) return;
    if (!this.host.matches(":hover, :focus-within") || this.options.enabled?.() === false) return;
    event.preventDefault();
    this.#read(event.clipboardData, true);
  };

  /** @param {DataTransfer} transfer @param {boolean} pasted */
  #read(transfer, pasted) {
    // Never rejects: what cannot be read is listed in `unreadable`.
    void readTransfer(transfer).then((incoming) => this.options.receive(incoming, pasted));
  }

  /** @param {DataTransfer} transfer */
  #wants(transfer) {
    if (this.options.enabled?.() === false) return false;
    return hasFiles(transfer) || this.options.accepts?.(transfer) === true;
  }

  /** @param {number} milliseconds */
  #fade(milliseconds) {
    clearTimeout(this.timer);
    if (milliseconds === 0) this.host.toggleAttribute("dropping", false);
    else this.timer = setTimeout(() => this.host.toggleAttribute("dropping", false), milliseconds);
  }
}

/**
 * Refuses files dropped anywhere in `target` that nothing inside has taken. Left alone, the browser would open such a file in place
 * of the page, and everything collected would be gone.
 * @param {HTMLElement | Document} target
 */
export function refuseStrayFiles(target) {
  const refuse = (/** @type {Event} */ event) => {
    const transfer = /** @type {DragEvent} */ (event).dataTransfer;
    if (event.defaultPrevented || !transfer || !hasFiles(transfer)) return;
    event.preventDefault();
    transfer.dropEffect = "none";
  };
  target.addEventListener("dragover", refuse);
  target.addEventListener("drop", refuse);
}

/** @param {DataTransfer} transfer */
function hasFiles(transfer) {
  return transfer.types.includes("Files");
}
