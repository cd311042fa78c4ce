// What set-up shows: a line for each part, a sign of life while one takes long.

/**
 * @typedef {object} Progress
 * @property {(text: string) => void} note what a part does right now
 * @property {(text: string) => void} say a line that stays
 * @property {() => void} stop
 */

/**
 * Shows a running part: on a terminal a line that counts the seconds, elsewhere
 * a line every 20 s, so that the log of a build machine stays short.
 * @param {string} name
 * @param {{ write: (text: string) => unknown, isTTY?: boolean, columns?: number }} stream
 * @param {number} [every] milliseconds between two signs of life
 * @returns {Progress}
 */
export function showProgress(name, stream, every = stream.isTTY ? 500 : 20_000) {
  const start = Date.now();
  let last = '';
  const clear = () => stream.isTTY && stream.write('\r\u001b[K');
  const line = () => `  ${name}: ${seconds(start)}${last && `, ${last}`}`;
  const show = () => {
    clear();
    stream.write(stream.isTTY ? line().slice(0, (stream.columns ?? 80) - 1) : `${line()}\n`);
  };
  const timer = setInterval(show, every);
  return {
    note: (text) => void (last = text.trim()),
    say: (text) => {
      clear();
      stream.write(`  ${name}: ${text}\n`);
    },
    stop: () => {
      clearInterval(timer);
      clear();
    },
  };
}

/**
 * The time since a start, as people say it.
 * @param {number} start milliseconds
 */
export function seconds(start) {
  const passed = (Date.now() - start) / 1000;
  return passed < 10
    ? `${passed.toFixed(1)} s`
    : passed < 120
      ? `${passed.toFixed(0)} s`
      : `${(passed / 60).toFixed(1)} min`;
}
