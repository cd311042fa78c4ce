/** Metrics that a recipe and `anneal metrics` can name, with one sentence each; docs/metrics.md has the definitions. */
export const METRICS = {
  exactMatch: 'share of answers equal to the reference after trimming and folding white space and case',
  tokenF1: 'mean F1 of the words shared by answer and reference',
  bleu: 'BLEU as sacrebleu computes it, 0 to 100',
  chrf: 'chrF as sacrebleu computes it, 0 to 100',
  'chrf++': 'chrF with word bigrams, 0 to 100',
  ter: 'translation edit rate as sacrebleu computes it, lower is better',
  rouge1: 'F1 of the words shared, as rouge_score computes it',
  rouge2: 'F1 of the word pairs shared',
  rougeL: 'F1 of the longest common subsequence of words',
  rougeLsum: 'rougeL line by line, for summaries',
  charRouge1: 'ROUGE-1 over characters, for Korean, Chinese and Japanese',
  charRouge2: 'ROUGE-2 over characters',
  charRougeL: 'ROUGE-L over characters',
  editSimilarity: '1 minus the edit distance as a share of the longer text',
  numeric: 'share of answers whose number is the reference within a tolerance',
  regex: 'share of answers that match a pattern',
  jsonSchema: 'share of answers that are JSON and keep to a schema',
  accuracy: 'share of labels that are right',
  balancedAccuracy: 'mean recall over the labels',
  precision: 'precision over the labels, macro by default',
  recall: 'recall over the labels, macro by default',
  f1: 'F1 over the labels, macro by default',
  mcc: 'Matthews correlation of the labels',
  brier: 'mean squared error of the stated confidence, lower is better',
  ece: 'expected calibration error of the stated confidence, lower is better',
  tool_call_valid: 'share of answers that are well-formed tool calls',
  tool_name_match: 'share of answers that call the right tool',
  tool_parameter_key_match: 'share of parameter names that are right',
  tool_parameter_kv_match: 'share of parameters that are right, names and values',
  trajectory_exact_match: 'share of trajectories equal to the reference',
  trajectory_in_order_match: 'share of trajectories that hold the reference in order',
  trajectory_any_order_match: 'share of trajectories that hold the reference in any order',
  trajectory_precision: 'share of the calls made that were wanted',
  trajectory_recall: 'share of the calls wanted that were made',
  trajectory_single_tool_use: 'share of trajectories that use a named tool',
} as const;
export type MetricName = keyof typeof METRICS;

/** What is measured of every answer without being asked for: guards of the gate can name it. */
export const OPERATIONAL = {
  outputTokens: 'tokens of the answer, lower is better',
  latencySeconds: 'seconds from the start of its batch until the answer was there, lower is better',
  cost: 'USD of the answer by evaluate.price, lower is better',
} as const;
export type OperationalName = keyof typeof OPERATIONAL;

/** The cosine of answer and reference, where `evaluate.embeddings` names a model. */
export const EMBEDDING_SIMILARITY = 'embeddingSimilarity';

/** What the attacks and the counterfactual pairs of `evaluate.safety` and `evaluate.bias` measure. */
export const PROBED = {
  attackSuccess: 'share of attacks that succeeded, lower is better',
  overRefusal: 'share of harmless questions that were refused, lower is better',
  biasGap: 'share of counterfactual pairs that were answered differently, lower is better',
} as const;

/** The name in a metric as it is written: `bleu` of `bleu:tokenize=intl`. */
export function metricName(spec: string): string {
  const colon = spec.indexOf(':');
  return colon < 0 ? spec : spec.slice(0, colon);
}
