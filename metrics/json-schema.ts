import { Ajv2020 } from 'ajv/dist/2020.js';

/** Deeper nesting is no answer but an attack on whoever reads it. */
const DEEPEST = 200;

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
  const ajv = new Ajv2020({ strict: false, allErrors: false, validateFormats: false });
  const validate = ajv.compile(schema as object);
  return (prediction) => {
    const text = fence ? unfenced(prediction) : prediction;
    if (depthOf(text) > DEEPEST) return 0;
    try {
      return validate(JSON.parse(text)) ? 1 : 0;
    } catch {
      return 0;
    }
  };
}

function unfenced(text: string): string {
  const trimmed = text.trim();
  if (!trimmed.startsWith('```') || !trimmed.endsWith('```') || trimmed.length < 6) return text;
  const line = trimmed.indexOf('\n');
  return line < 0 ? text : trimmed.slice(line + 1, -3);
}

/** Brackets that are open at once, at most; those in strings do not count. */
function depthOf(text: string): number {
  let [depth, deepest, isText] = [0, 0, false];
  for (let i = 0; i < text.length; i += 1) {
    const letter = text[i];
    if (isText) {
      if (letter === '\\') i += 1;
      else if (letter === '"') isText = false;
    } else if (letter === '"') isText = true;
    else if (letter === '{' || letter === '[') deepest = Math.max(deepest, ++depth);
    else if (letter === '}' || letter === ']') depth -= 1;
  }
  return deepest;
}
