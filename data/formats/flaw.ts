/** Deepest nesting of a row; deeper ones would overflow the stack of whoever writes them down again. */
const MAX_DEPTH = 64;

/** What is wrong with a text, as the end of a reason; undefined when nothing is. */
export function flawOfText(text: string): string | undefined {
  if (!text.isWellFormed()) return 'half a surrogate pair';
  return text.includes('\u0000') ? 'a NUL character' : undefined;
}

/** What keeps a JSON value from being kept: broken text somewhere in it, or nesting deeper than 64 levels. */
export function flawOf(value: unknown, depth = 1): string | undefined {
  if (typeof value === 'string') return flawOfText(value);
  if (typeof value !== 'object' || value === null) return undefined;
  if (depth > MAX_DEPTH) return `nesting deeper than ${MAX_DEPTH} levels`;
  if (Array.isArray(value)) {
    for (const item of value) {
      const flaw = flawOf(item, depth + 1);
      if (flaw) return flaw;
    }
    return undefined;
  }
  for (const key of Object.keys(value)) {
    const flaw = flawOfText(key) ?? flawOf((value as Record<string, unknown>)[key], depth + 1);
    if (flaw) return flaw;
  }
  return undefined;
}

/** A value of a row as a reason may quote it: short, on one line, without control characters. */
export function quote(value: unknown): string {
  if (typeof value !== 'string') return kindOf(value);
  return JSON.stringify(value.slice(0, 40).toWellFormed() + (value.length > 40 ? '…' : ''));
}

/** What a value is, in words. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'an object';
  if (typeof value === 'string') return 'a text';
  return typeof value === 'number' || typeof value === 'bigint' ? `the number ${value}` : `a ${typeof value}`;
}

/** Whether a value is an object with keys. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Sets a key as the object's own, `__proto__` too, which by assignment would change the prototype. */
export function setOwn(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__')
    Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
  else target[key] = value;
}

/** The value of JSON text; undefined where it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
