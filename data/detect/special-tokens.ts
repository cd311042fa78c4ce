import type { Span } from './span.ts';

/**
 * Control tokens that are not of the form `<|…|>`, of Llama 2, Mistral, Gemma, Qwen, Cohere, Code Llama and
 * StarCoder; those of ChatML, GPT, Llama 3 and 4, Phi, Qwen and Cohere's others are of that form, DeepSeek's with
 * wide bars.
 */
export const KNOWN_TOKENS: readonly string[] = [
  '<s>',
  '</s>',
  '<bos>',
  '<eos>',
  '<pad>',
  '<unk>',
  '[INST]',
  '[/INST]',
  '<<SYS>>',
  '<</SYS>>',
  '[SYSTEM_PROMPT]',
  '[/SYSTEM_PROMPT]',
  '[AVAILABLE_TOOLS]',
  '[/AVAILABLE_TOOLS]',
  '[TOOL_CALLS]',
  '[TOOL_RESULTS]',
  '[/TOOL_RESULTS]',
  '[TOOL_CONTENT]',
  '<start_of_turn>',
  '<end_of_turn>',
  '<start_of_image>',
  '<end_of_image>',
  '<start_function_call>',
  '<end_function_call>',
  '<tool_call>',
  '</tool_call>',
  '<tool_response>',
  '</tool_response>',
  '<BOS_TOKEN>',
  '<EOS_TOKEN>',
  '<fim_prefix>',
  '<fim_middle>',
  '<fim_suffix>',
  '<fim_pad>',
  '<PRE>',
  '<SUF>',
  '<MID>',
  '<EOT>',
];
const BARRED = [String.raw`<\|[^\s|<>]{1,64}\|>`, '<\uff5c[^\\s\uff5c<>]{1,64}\uff5c>'];

const JOINER = '\u200d';
const compiled = new WeakMap<readonly string[], RegExp>();
const NONE: readonly string[] = [];

/** Control tokens of chat formats written out in a text, the given ones too; `kind` is the token. */
export function findSpecialTokens(text: string, extra: readonly string[] = NONE): Span[] {
  // Every known one begins so, and most texts have neither.
  if (extra.length === 0 && !text.includes('<') && !text.includes('[')) return [];
  let form = compiled.get(extra);
  if (!form) compiled.set(extra, (form = compile(extra)));
  return Array.from(text.matchAll(form), (match) => ({
    kind: match[0],
    start: match.index,
    end: match.index + match[0].length,
  }));
}

/**
 * Breaks each token up with a zero-width joiner behind its first character: it reads as before and is no token
 * any more. A token of one character, or with a joiner in it, cannot be broken up so and stays.
 */
export function escapeSpecialTokens(text: string, extra: readonly string[] = NONE): string {
  const breakable = extra.every(canBreak) ? extra : extra.filter(canBreak);
  let current = text;
  for (;;) {
    const spans = findSpecialTokens(current, breakable);
    if (spans.length === 0) return current;
    let out = '';
    let at = 0;
    for (const { start } of spans) {
      const first = start + (current.codePointAt(start)! > 0xffff ? 2 : 1);
      out += current.slice(at, first) + JOINER;
      at = first;
    }
    // Tokens that overlapped the ones broken up are still whole.
    current = out + current.slice(at);
  }
}

/** Whether {@link escapeSpecialTokens} can break a token up. */
export const canBreak = (token: string): boolean => Array.from(token).length > 1 && !token.includes(JOINER);

function compile(extra: readonly string[]): RegExp {
  const literals = [...KNOWN_TOKENS, ...extra].toSorted((one, other) => other.length - one.length);
  const spelled = literals.map((token) => token.replaceAll(/[.*+?^${}()|[\]\\/]/g, String.raw`\$&`));
  return new RegExp([...BARRED, ...spelled].join('|'), 'g');
}
