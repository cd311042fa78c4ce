// What `import … from 'anneal/metrics'` offers: pure functions without any dependency on the rest of Anneal.
export { metricNames, MetricSpecError, parseMetric } from './registry.ts';
export type { Resources } from './registry.ts';
export type { Metric, MetricItem, Score, Summary } from './metric.ts';

export { corpusBleu, sentenceBleu, bleuStatistics, bleuOf, bleuSignature } from './text/bleu.ts';
export type { BleuOptions, BleuScore, Smoothing } from './text/bleu.ts';
export { corpusChrf, sentenceChrf, chrfStatistics, chrfOf, chrfSignature } from './text/chrf.ts';
export type { ChrfOptions, ChrfScore } from './text/chrf.ts';
export { corpusTer, sentenceTer, terStatistics, terOf, terSignature } from './text/ter.ts';
export type { TerOptions, TerScore } from './text/ter.ts';
export { rouge, rougeMulti } from './text/rouge.ts';
export type { RougeOptions, RougeScore, RougeType } from './text/rouge.ts';
export { charRouge, charRougeMulti } from './text/char-rouge.ts';
export type { CharRougeType } from './text/char-rouge.ts';
export { exactMatch } from './exact-match.ts';
export { tokenF1 } from './token-f1.ts';
export { editSimilarity } from './edit-similarity.ts';
export { embeddingSimilarity } from './embedding-similarity.ts';
export { schemaTest } from './json-schema.ts';
export { lastNumber, numericMatch } from './numeric.ts';
export { patternTest } from './regex.ts';
export { TOOL_CALL_METRICS } from './tools/tool-calls.ts';
export { TRAJECTORY_METRICS, trajectorySingleToolUse } from './tools/trajectories.ts';

export { confusionMatrix } from './classification/confusion-matrix.ts';
export type { ConfusionMatrix } from './classification/confusion-matrix.ts';
export { classificationScores } from './classification/scores.ts';
export type { ClassificationScores, PrecisionRecall } from './classification/scores.ts';
export { brier, expectedCalibrationError, logLoss } from './classification/probabilities.ts';
export { averagePrecision, rocAuc } from './classification/ranking.ts';

export { cohenKappa } from './agreement/cohen-kappa.ts';
export { krippendorffAlpha } from './agreement/krippendorff-alpha.ts';
export type { Level } from './agreement/krippendorff-alpha.ts';
export { kendallTauB, pearson, spearman } from './agreement/correlation.ts';

export { pairedT } from './inference/paired-t.ts';
export { wilcoxon } from './inference/wilcoxon.ts';
export { mannWhitney } from './inference/mann-whitney.ts';
export { mcnemar } from './inference/mcnemar.ts';
export { binomialTest } from './inference/binomial.ts';
export { agrestiCoull, clopperPearson, jeffreys, wilson } from './inference/proportions.ts';
export { newcombe, newcombePaired } from './inference/newcombe.ts';
export { adjust } from './inference/adjust.ts';
export { bootstrap, bootstrapItems, bootstrapPaired } from './inference/bootstrap.ts';
export { BettingProcess, bettingLowerBound, bettingProcess } from './inference/betting.ts';
export { classicalMean, ppiMean } from './inference/ppi.ts';
export { bradleyTerry } from './inference/bradley-terry.ts';
export { mean, proportion } from './intervals.ts';
export type { Measured } from './intervals.ts';
