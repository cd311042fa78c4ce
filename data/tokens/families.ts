type Json = Record<string, unknown>;

// transformers/models/qwen2/tokenization_qwen2.py, 5.24.
const QWEN2 = String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`;

/**
 * A tokenizer.json as the trainer reads it. For Qwen's models transformers 5 takes nothing but vocabulary and merges
 * from the file and normalises and cuts by rules of its own; a file with others (a home-made one in lower case, say)
 * is trained on as if it had these.
 */
export function asTrained(tokenizer: Json, config: Json, modelType: unknown): Json {
  const named = config['tokenizer_class'];
  const isQwen2 =
    modelType === 'qwen2' ||
    named === 'Qwen2Tokenizer' ||
    named === 'Qwen2TokenizerFast' ||
    (named === undefined && typeof modelType === 'string' && /^qwen[23]/.test(modelType));
  if (!isQwen2) return { ...tokenizer, pre_tokenizer: cutByUnicode(tokenizer['pre_tokenizer']) };
  return {
    ...tokenizer,
    normalizer: { type: 'NFC' },
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'Split', pattern: { Regex: QWEN2 }, behavior: 'Isolated', invert: false },
        { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false },
      ],
    },
  };
}

// The cut of GPT-2, tokenizers/pre_tokenizers/byte_level.rs.
const BYTE_LEVEL = String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`;

/**
 * Inside a byte-level step the JavaScript library takes JavaScript's \s, which holds U+FEFF and lacks U+0085; in a
 * split it takes Unicode's, as the original does everywhere. So the cut is made a step of its own.
 */
function cutByUnicode(step: unknown): unknown {
  if (typeof step !== 'object' || step === null) return step;
  const { type, use_regex, add_prefix_space, pretokenizers } = step as Json;
  if (type === 'Sequence' && Array.isArray(pretokenizers))
    return { ...step, pretokenizers: pretokenizers.map(cutByUnicode) };
  if (type !== 'ByteLevel' || use_regex === false || add_prefix_space !== false) return step;
  const split = { type: 'Split', pattern: { Regex: BYTE_LEVEL }, behavior: 'Isolated', invert: false };
  return { type: 'Sequence', pretokenizers: [split, { ...step, use_regex: false }] };
}
