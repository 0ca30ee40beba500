/**
 * What the local storage has where a project was kept, so that a first visit loads nothing to look for one.
 * @param {string} space
 */
export const traceOf = (space) => `lastlayer-kept-${space}`;
