/** Kinds of dataset; `eval` and `adversarial` are never trained on. */
export const DATASET_KINDS = [
  'sft',
  'preference',
  'eval',
  'adversarial',
  'few-shot',
  'grounding',
  'feedback',
  'prompts',
] as const;
export type DatasetKind = (typeof DATASET_KINDS)[number];
