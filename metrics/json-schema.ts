import { Ajv, type Options } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { DEEPEST_JSON, jsonDepth } from './json-depth.ts';

/** Of the drafts before 2020-12, which ajv reads with another class; a schema that names none is read as 2020-12. */
const OLDER = /^https?:\/\/json-schema\.org\/draft-0[67]\/schema#?$/;

/**
 * A test of whether an answer is exactly one JSON value that keeps to a schema; prose around it, two values, and
 * nesting deeper than 200 do not. A code fence around the value is taken off where `fence` says so.
 *
 * @throws Error with ajv's words for a schema that is none.
 */
export function schemaTest(
  schema: unknown,
  { fence = false }: { fence?: boolean } = {},
): (prediction: string) => 0 | 1 {
  const validate = compiled(schema);
  return (prediction) => {
    const text = fence ? unfenced(prediction) : prediction;
    if (jsonDepth(text) > DEEPEST_JSON) return 0;
    try {
      return validate(JSON.parse(text)) === true ? 1 : 0;
    } catch {
      return 0;
    }
  };
}

function compiled(schema: unknown): (value: unknown) => unknown {
  const options: Options = { strict: false, allErrors: false, validateFormats: false };
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) {
    if (typeof schema === 'boolean') return new Ajv2020(options).compile(schema);
    throw new Error('a schema is an object, or true or false');
  }
  const { $schema: draft, ...own } = schema as Record<string, unknown>;
  if ('$async' in own) throw new Error('$async is not part of JSON Schema');
  // Both classes know the drafts by one way of writing their address alone.
  if (typeof draft === 'string' && OLDER.test(draft)) return new Ajv(options).compile(own);
  return new Ajv2020(options).compile(schema);
}

function unfenced(text: string): string {
  const trimmed = text.trim();
  if (!trimmed.startsWith('```') || !trimmed.endsWith('```') || trimmed.length < 6) return text;
  const line = trimmed.indexOf('\n');
  return line < 0 ? text : trimmed.slice(line + 1, -3);
}
