/** How far below the edge of the window the element may be when the download begins: about one screen's scrolling. */
const AHEAD = "300px";
/** Whatever a reader may do first, by mouse, finger, keyboard or with a dragged folder. */
const INTERACTIONS = ["pointerdown", "focusin", "dragenter", "drop"];

/**
 * Calls `begin` once, when the reader comes near the element or does something with it. An article may hold the element
 * far down, and six to eight megabytes are not spent on those who never get there. Readers who save data get it at the
 * first interaction only.
 * @param {HTMLElement} element
 * @param {() => void} begin
 * @returns {() => void} ends the waiting
 */
export function whenNeeded(element, begin) {
  const once = () => {
    stop();
    begin();
  };
  const savesData = Reflect.get(Reflect.get(navigator, "connection") ?? {}, "saveData") === true;
  const observer = savesData
    ? null
    : new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && once(), {
        rootMargin: AHEAD,
      });
  const stop = () => {
    observer?.disconnect();
    for (const type of INTERACTIONS) element.removeEventListener(type, once);
  };
  observer?.observe(element);
  for (const type of INTERACTIONS) element.addEventListener(type, once, { passive: true });
  return stop;
}
