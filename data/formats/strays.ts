import { flawOf, flawOfText, quote, setOwn } from './flaw.ts';

/** Keys that a format has no place for, by their path, e.g. `messages[2].refusal`. */
export type Strays = Record<string, unknown>;

/** Puts the keys that are not known and hold something among the strays; a text is a reason. */
export function keepStrays(
  given: Record<string, unknown>,
  known: ReadonlySet<string>,
  path: string,
  strays: Strays,
): string | undefined {
  for (const name of Object.keys(given)) {
    if (known.has(name) || given[name] === null || given[name] === undefined) continue;
    const flaw = flawOfText(name) ?? flawOf(given[name]);
    if (flaw) return `has ${flaw} in ${quote(name)}`;
    setOwn(strays, `${path}.${name}`, given[name]);
  }
  return undefined;
}
