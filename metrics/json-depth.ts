/** Deeper nesting is no answer but an attack on whoever reads it. */
export const DEEPEST_JSON = 200;

/** Brackets of a JSON text that are open at once, at most; those in strings do not count. */
export function jsonDepth(text: string): number {
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
