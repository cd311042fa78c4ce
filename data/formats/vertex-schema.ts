import { isObject } from './flaw.ts';

const TYPES: ReadonlySet<unknown> = new Set(['object', 'array', 'string', 'number', 'integer', 'boolean', 'null']);

/** Keywords of Gemini's Schema that JSON Schema spells the same, apart from the names of types. */
const KEYWORDS: ReadonlySet<string> = new Set([
  'type',
  'format',
  'title',
  'description',
  'default',
  'items',
  'minItems',
  'maxItems',
  'enum',
  'properties',
  'required',
  'minProperties',
  'maxProperties',
  'minimum',
  'maximum',
  'minLength',
  'maxLength',
  'pattern',
  'anyOf',
]);

/** A JSON Schema as Gemini's Schema; undefined where that cannot say the same, and it has to stay as it is. */
export function toGemini(schema: Record<string, unknown>): Record<string, unknown> | undefined {
  return convert(schema, (type) => (TYPES.has(type) ? String(type).toUpperCase() : undefined), true);
}

/** Gemini's Schema as JSON Schema: the types in small letters; undefined where it is no such schema. */
export function fromGemini(schema: Record<string, unknown>): Record<string, unknown> | undefined {
  return convert(schema, (type) => (typeof type === 'string' ? type.toLowerCase() : undefined), false);
}

function convert(
  schema: Record<string, unknown>,
  renamed: (type: unknown) => string | undefined,
  isStrict: boolean,
): Record<string, unknown> | undefined {
  const result: [string, unknown][] = [];
  const inner = (value: unknown): Record<string, unknown> | undefined =>
    isObject(value) ? convert(value, renamed, isStrict) : undefined;
  for (const [key, value] of Object.entries(schema)) {
    let changed: unknown = value;
    if (isStrict && !(KEYWORDS.has(key) && isShaped(key, value))) return undefined;
    if (key === 'type') changed = renamed(value);
    else if (key === 'items') changed = inner(value);
    else if (key === 'anyOf' && Array.isArray(value)) {
      const each = value.map(inner);
      changed = each.includes(undefined) ? undefined : each;
    } else if (key === 'properties' && isObject(value)) {
      const each = Object.entries(value).map(([name, property]) => [name, inner(property)] as const);
      changed = each.some(([, property]) => property === undefined) ? undefined : Object.fromEntries(each);
    }
    if (changed === undefined) return undefined;
    result.push([key, changed]);
  }
  return Object.fromEntries(result);
}

const TEXTS: ReadonlySet<string> = new Set(['format', 'title', 'description', 'pattern']);
const COUNTS: ReadonlySet<string> = new Set([
  'minItems',
  'maxItems',
  'minProperties',
  'maxProperties',
  'minLength',
  'maxLength',
]);

/** Gemini refuses a keyword whose value is of another type, e.g. an enum of numbers, which JSON Schema allows. */
function isShaped(key: string, value: unknown): boolean {
  if (TEXTS.has(key)) return typeof value === 'string';
  if (COUNTS.has(key)) return Number.isSafeInteger(value);
  if (key === 'minimum' || key === 'maximum') return typeof value === 'number';
  if (key === 'enum' || key === 'required')
    return Array.isArray(value) && value.every((item) => typeof item === 'string');
  return key !== 'anyOf' || Array.isArray(value);
}
