/** @import { LitElement, ReactiveController } from "lit" */
import { readTransfer } from "./read-drop.js";

/**
 * How long the highlight outlives the last `dragover`; browsers send one at least every 350 ms while the pointer rests.
 */
const OVER_MILLISECONDS = 600;
/**
 * Short after a `dragleave`, which also comes between two children: the next `dragover` keeps the highlight without a
 * flicker.
 */
const LEFT_MILLISECONDS = 80;

/** Types of input elements into which no text can be dropped. */
const WITHOUT_TEXT = new Set(["button", "checkbox", "color", "file", "image", "radio", "range", "reset", "submit"]);

/**
 * Makes an element a place to drop files on, and, with `paste`, to paste them into while the pointer or the focus is in
 * it (never elsewhere: a page around the element has its own paste). The element carries the attribute `dropping` while
 * files hover.
 *
 * A link, or an image of another page that comes as its address alone, is caught as well: left to itself, the browser
 * would open it over the work. Text and links for a text field are the field's.
 * @implements {ReactiveController}
 */
export class DropTarget {
  /**
   * @param {LitElement} host
   * @param {{
   *   receive: (incoming: import("./types.d.ts").Incoming, pasted: boolean) => void,
   *   enabled?: () => boolean,
   *   paste?: boolean,
   *   refused?: () => void,
   *   accepts?: (transfer: DataTransfer) => boolean,
   *   receiveOther?: (transfer: DataTransfer) => void,
   * }} options  `refused`: there was a link, and no file; `accepts` and `receiveOther`: for things of our own that are
   *   dragged, next to files
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
    if (!event.dataTransfer || !this.#wants(event, event.dataTransfer)) return;
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
    if (!transfer || !this.#wants(event, transfer)) return;
    event.preventDefault();
    event.stopPropagation();
    this.#fade(0);
    if (this.options.accepts?.(transfer)) this.options.receiveOther?.(transfer);
    else if (hasFiles(transfer)) this.#read(transfer, false);
    else this.options.refused?.();
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
    // Some browsers announce a file for every image that is dragged, and then hand over its address alone.
    const link = hasLink(transfer);
    // Never rejects: what cannot be read is listed in `unreadable`.
    void readTransfer(transfer).then((incoming) => {
      const nothing = incoming.files.length === 0 && incoming.unreadable.length === 0;
      if (nothing && link && !pasted) this.options.refused?.();
      else this.options.receive(incoming, pasted);
    });
  }

  /** @param {DragEvent} event @param {DataTransfer} transfer */
  #wants(event, transfer) {
    if (this.options.enabled?.() === false) return false;
    if (hasFiles(transfer) || this.options.accepts?.(transfer)) return true;
    return hasLink(transfer) && this.options.refused !== undefined && !isTextField(event.composedPath()[0]);
  }

  /** @param {number} milliseconds */
  #fade(milliseconds) {
    clearTimeout(this.timer);
    if (milliseconds === 0) this.host.toggleAttribute("dropping", false);
    else this.timer = setTimeout(() => this.host.toggleAttribute("dropping", false), milliseconds);
  }
}

/**
 * Refuses whatever is dropped anywhere in `target` and nothing inside has taken. Left alone, the browser would open a
 * file in place of the page, and a link in a new tab over it; everything collected would be gone or out of sight. Text
 * fields take text, as everywhere.
 * @param {HTMLElement | Document} target
 */
export function refuseStrayDrops(target) {
  const refuse = (/** @type {Event} */ event) => {
    const transfer = /** @type {DragEvent} */ (event).dataTransfer;
    if (event.defaultPrevented || !transfer) return;
    if (!hasFiles(transfer) && isTextField(event.composedPath()[0])) return;
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

/** A link, or an image that is dragged out of a page. @param {DataTransfer} transfer */
function hasLink(transfer) {
  return transfer.types.includes("text/uri-list") || transfer.types.includes("text/html");
}

/** Whether text can be dropped into it. @param {EventTarget | undefined} target */
function isTextField(target) {
  if (target instanceof HTMLTextAreaElement) return !target.disabled && !target.readOnly;
  if (target instanceof HTMLInputElement) return !target.disabled && !target.readOnly && !WITHOUT_TEXT.has(target.type);
  return target instanceof HTMLElement && target.isContentEditable;
}
