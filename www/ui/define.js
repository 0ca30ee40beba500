/**
 * Registers a custom element unless the tag is taken: two copies of this script on one page (two articles' embeds, say)
 * must not throw. The first one wins.
 * @param {string} tag
 * @param {CustomElementConstructor} constructor
 */
export function define(tag, constructor) {
  if (!customElements.get(tag)) customElements.define(tag, constructor);
}

/**
 * Sends a panel's event to whoever holds the panel. Not composed: the host page hears only the element's own events.
 * @param {EventTarget} target
 * @param {string} type
 * @param {unknown} [detail]
 */
export function emit(target, type, detail) {
  target.dispatchEvent(new CustomEvent(type, { detail, bubbles: true }));
}
