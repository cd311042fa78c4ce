/**
 * What a tuner takes, by model. Each entry says which page of the vendor it is from and when it was read; what was
 * not found there is absent. Vendors change these: compare before relying on an old date.
 */
export interface Limits {
  vendor: 'mlx' | 'vertex' | 'openai';
  /** Formats of `anneal data export`, by method. */
  formats: { sft?: 'openai' | 'vertex'; preference?: 'openai-preference' | 'vertex-preference' };
  methods: readonly ('sft' | 'preference')[];
  /** Most tokens of a training row, answer included. Absent for mlx: there tune.maxTokens decides. */
  maxTokens?: number;
  /** Where the vendor says so: a longer row is trained on with its end cut off. */
  longer?: 'cut';
  minRows?: number;
  maxRows?: number;
  maxValidationRows?: number;
  /** Tokens that it may think before it answers when it is asked: the least it takes. Absent: it does not think. */
  thinkingBudget?: number;
  /** Largest training file in bytes, where the vendor says so for supervised tuning. */
  maxFileBytes?: number;
  /** Ranks of an adapter that can be asked for; absent: the vendor was not found to say. */
  adapterSizes?: readonly number[];
  /** Name of the page, and the day on which a copy of it was read. */
  source: string;
  checked: string;
}

const GIB = 1_073_741_824;
const MIB = 1_048_576;

const VERTEX_SFT = 'Google Cloud, About supervised fine-tuning for Gemini models';
const VERTEX_BOTH = `${VERTEX_SFT}; About preference tuning for Gemini models`;
const OPENAI = 'OpenAI, Supervised fine-tuning; Direct preference optimization; Fine-tuning best practices';

const gemini25Flash: Limits = {
  vendor: 'vertex',
  formats: { sft: 'vertex', preference: 'vertex-preference' },
  methods: ['sft', 'preference'],
  maxTokens: 131_072,
  maxRows: 1_000_000,
  maxValidationRows: 5_000,
  thinkingBudget: 0,
  maxFileBytes: GIB,
  adapterSizes: [1, 2, 4, 8, 16],
  source: VERTEX_BOTH,
  checked: '2026-11-25',
};

const openai: Limits = {
  vendor: 'openai',
  formats: { sft: 'openai', preference: 'openai-preference' },
  methods: ['sft', 'preference'],
  maxTokens: 65_536,
  longer: 'cut',
  minRows: 10,
  maxFileBytes: 512 * MIB,
  source: OPENAI,
  checked: '2026-11-25',
};

const supervisedOnly: Limits = { ...openai, formats: { sft: 'openai' }, methods: ['sft'] };

/** Patterns are matched against the last part of a name such as publishers/google/models/gemini-2.5-flash. */
const TABLE: readonly [RegExp, Limits][] = [
  [/^gemini-2\.5-flash(-lite)?(-\d{3})?$/, gemini25Flash],
  [
    /^gemini-2\.5-pro(-\d{3})?$/,
    {
      vendor: 'vertex',
      formats: { sft: 'vertex' },
      methods: ['sft'],
      maxTokens: 131_072,
      thinkingBudget: 128,
      source: VERTEX_SFT,
      checked: '2026-11-25',
    },
  ],
  [/^gpt-4\.1(-mini|-nano)?(-2025-04-14)?$/, openai],
  [/^gpt-4o(-2024-08-06)?$|^gpt-4o-mini(-2024-07-18)?$/, supervisedOnly],
];

const MLX: Limits = {
  vendor: 'mlx',
  formats: { sft: 'openai' },
  methods: ['sft'],
  source: 'this project: the trainer on this machine takes any length that its memory holds',
  checked: '2026-11-25',
};

/**
 * The limits of a model by its name: one of a vendor's, or for mlx a folder or a Hugging Face name such as org/name.
 * Undefined when nothing is known of it.
 */
export function limitsOf(model: string): Limits | undefined {
  const name = vendorName(model);
  const found = TABLE.find(([pattern]) => pattern.test(name))?.[1];
  if (found) return found;
  return /[/\\]/.test(model) && name === model ? MLX : undefined;
}

/** The name by which a vendor lists a model: without a resource path, and the base of a model that was tuned. */
export function vendorName(model: string): string {
  const google = /^(?:projects\/[^/]+\/locations\/[^/]+\/)?publishers\/google\/models\/([^/@]+)/.exec(model);
  const tuned = /^ft:([^:]+):/.exec(model);
  return google?.[1] ?? tuned?.[1] ?? model;
}
