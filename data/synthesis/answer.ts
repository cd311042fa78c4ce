import { createHash } from 'node:crypto';
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import { canonicalJson } from '../../configs/canonical-json.ts';
import { unfit } from './shape.ts';
import type { Ask } from './strategy.ts';

/** A reply as far as it can be used: its value, or what is wrong with it. */
export type Reading = { value: unknown } | { problem: string };

/** Longer replies are not looked at. */
const MAX_REPLY = 4 * 1024 * 1024;
/** No schema of ours goes this deep. */
const MAX_DEPTH = 64;

/**
 * The JSON value in a reply: in a code fence, after some words, or bare. There has to be exactly one object or
 * list; a cut or broken one is never passed over for a smaller one inside or after it.
 */
export function extractJson(text: string): Reading {
  if (text.length > MAX_REPLY) return { problem: `the reply is longer than ${MAX_REPLY / 2 ** 20} Mi characters` };
  // What a model thinks aloud before it answers is not its answer.
  const body = text.replace(/^\uFEFF?\s*<think>[\s\S]*?<\/think>/, '');
  const whole = body.trim();
  if (/^[[{]/.test(whole)) {
    // Every list is one value by itself, also one that would pass for prose in brackets among words.
    const value = parsed(whole);
    if (value && endOf(whole, 0) !== 'deep') return value;
  }
  const found: unknown[] = [];
  for (let at = 0; at < body.length; at++) {
    const character = body[at];
    if (character !== '{' && character !== '[') continue;
    // Braces and brackets in prose do not look like this.
    if (
      !(character === '{' ? /^\{\s*["}]/ : /^\[\s*(?:[[{\]"\d-]|true\b|false\b|null\b)/).test(body.slice(at, at + 200))
    )
      continue;
    const end = endOf(body, at);
    if (end === 'cut') return { problem: 'the JSON of the reply ends in the middle' };
    if (end === 'deep') return { problem: `the JSON of the reply is nested deeper than ${MAX_DEPTH} levels` };
    const piece = body.slice(at, end);
    const value = parsed(piece);
    if (value) found.push(value.value);
    else if (character === '{' || piece.includes('{')) return { problem: 'the JSON of the reply is not valid' };
    at = end - 1;
  }
  if (found.length === 1) return { value: found[0] };
  return {
    problem:
      found.length === 0 ? 'the reply holds no JSON' : `the reply holds ${found.length} JSON values, expected one`,
  };
}

function parsed(text: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

/** Place after the bracket that closes the one at `start`; brackets in strings do not count. */
function endOf(text: string, start: number): number | 'cut' | 'deep' {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    const character = text[at];
    if (character === '"') {
      for (at++; at < text.length && text[at] !== '"'; at++) if (text[at] === '\\') at++;
    } else if (character === '{' || character === '[') {
      if (++depth > MAX_DEPTH) return 'deep';
    } else if ((character === '}' || character === ']') && --depth === 0) return at + 1;
  }
  return 'cut';
}

/** Reads a reply to an ask: one JSON value, of the ask's schema, with texts that a row may hold. */
export function checkAnswer(ask: Ask, text: string): Reading {
  const reading = extractJson(text);
  if ('problem' in reading) return reading;
  const validate = validatorOf(ask.schema);
  if (!validate(reading.value)) return { problem: `does not fit the schema: ${explain(validate.errors ?? [])}` };
  const problem = unfit([...textsIn(reading.value)]);
  return problem === undefined ? reading : { problem };
}

/** The ask with its unusable reply and what is wrong with it; asked once, then the reply is put aside. */
export function repairAsk(ask: Ask, text: string, problem: string): Ask {
  if (ask.isRepair) throw new Error('an ask is repaired once only');
  return {
    ...ask,
    messages: [
      ...ask.messages,
      { role: 'assistant', content: text.slice(0, MAX_SHOWN).toWellFormed() || '(nothing)' },
      {
        role: 'user',
        content: `This answer cannot be used: ${problem}. Give the whole answer again, as exactly one JSON value that fits the JSON Schema above, and nothing before or after it.`,
      },
    ],
    isRepair: true,
  };
}
const MAX_SHOWN = 8000;

/**
 * sha256 of all that decides an answer: equal asks to equal generators have equal keys, whatever they are
 * called in the recipe. `generatorIdentity` stands for the generator's model and settings.
 */
export function keyOf(ask: Ask, generatorIdentity: string): string {
  const { messages, schema, seed, index, rows, label } = ask;
  // `rows` and `label` decide what a grammar, which has no messages, gives.
  return sha256(canonicalJson({ messages, schema, seed, index, rows, label, generator: generatorIdentity }));
}

/** sha256 of the prompt of an ask, 16 hex digits, as it stands in a row's origin. */
export function promptDigest({ messages, schema, label, rows }: Ask): string {
  return sha256(canonicalJson(messages.length > 0 ? messages : { schema, label, rows })).slice(0, 16);
}

/** sha256, 64 hex digits. */
export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

const validators = new Map<string, ValidateFunction>();
/** Schemas differ by class and number of rows, so that few are in use at a time. */
const MOST_VALIDATORS = 500;

function validatorOf(schema: Record<string, unknown>): ValidateFunction {
  const key = JSON.stringify(schema);
  let validate = validators.get(key);
  if (!validate) {
    if (validators.size >= MOST_VALIDATORS) validators.clear();
    validate = new Ajv2020({ strict: false, addUsedSchema: false }).compile(schema);
    validators.set(key, validate);
  }
  return validate;
}

/** In our own words and without any of the reply's: it goes back into a prompt and into reports. */
function explain(errors: readonly ErrorObject[]): string {
  const [first] = errors;
  if (!first) return 'it is of another form';
  const steps = first.instancePath
    .split('/')
    .slice(1)
    .map((step) => (/^\w{1,40}$/.test(step) ? step : '?'));
  const place = steps.length === 0 ? 'the value' : steps.slice(0, 6).join('.');
  switch (first.keyword) {
    case 'additionalProperties':
      return `${place} has a property too many`;
    case 'enum':
      return `${place} is not one of the values allowed`;
    case 'required':
      return `${place} lacks the property ${JSON.stringify(first.params['missingProperty'])}`;
    default:
      return `${place} ${first.message ?? 'is of another form'}`;
  }
}

function* textsIn(value: unknown): Generator<string> {
  if (typeof value === 'string') yield value;
  else if (typeof value === 'object' && value !== null) for (const inner of Object.values(value)) yield* textsIn(inner);
}
