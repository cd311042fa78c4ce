/** One field that two versions of a recipe or of a schedule differ in; undefined: it is not there. */
export interface FieldChange {
  field: string;
  from: unknown;
  to: unknown;
}

/** The fields in which two plain values differ, by their dotted paths; lists are compared as wholes. */
export function fieldChanges(from: unknown, to: unknown, path = ''): FieldChange[] {
  if (isObject(from) && isObject(to)) {
    const keys = [...new Set([...Object.keys(from), ...Object.keys(to)])];
    return keys.flatMap((key) => fieldChanges(from[key], to[key], path === '' ? key : `${path}.${key}`));
  }
  return isSame(from, to) ? [] : [{ field: path, from, to }];
}

/** `tune.iterations: 100 → 200` */
export function changeInWords({ field, from, to }: FieldChange): string {
  return `${field}: ${shown(from)} → ${shown(to)}`;
}

/** A value for one line; a long one is cut. */
function shown(value: unknown): string {
  if (value === undefined) return '(not set)';
  const text = JSON.stringify(value);
  return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text;
}
const MOST_SHOWN = 120;

function isSame(one: unknown, other: unknown): boolean {
  if (Array.isArray(one) && Array.isArray(other))
    return one.length === other.length && one.every((value, i) => fieldChanges(value, other[i]).length === 0);
  return one === other;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
