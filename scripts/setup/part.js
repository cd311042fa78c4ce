/**
 * One thing set-up makes. `check` tells in milliseconds whether it is there and current;
 * `make` makes it and leaves its stamp last. Throws `SetupError`.
 * @typedef {{
 *   name: string,
 *   check: () => boolean,
 *   make: (progress: import('./progress.js').Progress) => Promise<void>,
 * }} Part
 */

export {};
