import { cohenKappa } from '../../metrics/agreement/cohen-kappa.ts';
import { kendallTauB, pearson, spearman } from '../../metrics/agreement/correlation.ts';
import { krippendorffAlpha } from '../../metrics/agreement/krippendorff-alpha.ts';
import { brier, expectedCalibrationError, logLoss } from '../../metrics/classification/probabilities.ts';
import { averagePrecision, rocAuc } from '../../metrics/classification/ranking.ts';
import { classificationScores } from '../../metrics/classification/scores.ts';
import { adjust } from '../../metrics/inference/adjust.ts';
import { binomialTest } from '../../metrics/inference/binomial.ts';
import { bootstrap, type Bootstrap } from '../../metrics/inference/bootstrap.ts';
import { bradleyTerry } from '../../metrics/inference/bradley-terry.ts';
import { mannWhitney } from '../../metrics/inference/mann-whitney.ts';
import { mcnemar } from '../../metrics/inference/mcnemar.ts';
import { pairedT } from '../../metrics/inference/paired-t.ts';
import { classicalMean, ppiMean } from '../../metrics/inference/ppi.ts';
import { agrestiCoull, clopperPearson, jeffreys, wilson } from '../../metrics/inference/proportions.ts';
import { resampler } from '../../metrics/inference/resample.ts';
import { betaQuantile, chiSquareQuantile, lgamma, normalQuantile, tQuantile } from '../../metrics/inference/special.ts';
import { wilcoxon } from '../../metrics/inference/wilcoxon.ts';
import type { Parity } from './compare.ts';
import { eachItem, readItem, type StatItem } from './stat-item.ts';

/** Compares every figure under `stats` within 1e-8, Bradley–Terry within 1e-5; a section or field nobody knows is an error. */
export function compareStats(stats: unknown, parity: Parity): void {
  const list = (name: string, read: (item: StatItem) => void) => (value: unknown) =>
    eachItem(parity, `stats.${name}`, `stats.${name}`, value, read);
  const handlers: Record<string, (value: never) => void> = {
    special: (value: unknown) => readItem(parity, 'stats.special', 'stats.special', value, special),
  };
  for (const [name, read] of Object.entries(LISTS)) handlers[name] = list(name, read);
  parity.fields('stats', stats, handlers);
}

/** JSON has no infinity: the open end of a one-sided interval is null there. */
const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);

const ALTERNATIVES = ['two-sided', 'greater', 'less'] as const;

/** For each section that is a list, how an entry is read and computed. */
const LISTS: Record<string, (item: StatItem) => void> = {
  cohen_kappa: (item) => {
    const [a, b] = [item.labels('a'), item.labels('b')];
    const scores = (): ReturnType<typeof classificationScores> => classificationScores(a, b);
    item.compare({
      kappa: () => cohenKappa(a, b),
      linear: () => cohenKappa(a, b, { weights: 'linear' }),
      quadratic: () => cohenKappa(a, b, { weights: 'quadratic' }),
      mcc: () => scores().mcc,
      f1_macro: () => scores().macro.f1,
      f1_micro: () => scores().micro.f1,
      f1_weighted: () => scores().weighted.f1,
      accuracy: () => scores().accuracy,
      balanced_accuracy: () => scores().balancedAccuracy,
    });
  },
  krippendorff: (item) => {
    const data = item.table('data');
    item.compare({
      nominal: () => krippendorffAlpha(data, 'nominal'),
      ordinal: () => krippendorffAlpha(data, 'ordinal'),
      interval: () => krippendorffAlpha(data, 'interval'),
      ratio: () => krippendorffAlpha(data, 'ratio'),
    });
  },
  paired: (item) => {
    const [x, y] = [item.numbers('x'), item.numbers('y')];
    item.each('wilcoxon', (test) => {
      const options = {
        zeroMethod: test.choice('zero_method', ['wilcox', 'pratt', 'zsplit']),
        method: test.choice('method', ['auto', 'exact', 'asymptotic']),
        correction: test.boolean('correction'),
        alternative: test.choice('alternative', ALTERNATIVES),
      };
      test.compare({ stat: () => wilcoxon(x, y, options).statistic, p: () => wilcoxon(x, y, options).p });
    });
    item.each('ttest_rel', (test) => {
      const alternative = test.choice('alternative', ALTERNATIVES);
      const found = (): ReturnType<typeof pairedT> => pairedT(x, y, { alternative });
      test.compare({
        t: () => finite(found().statistic),
        df: () => found().df,
        p: () => found().p,
        ci95: () => found().ci.map(finite),
      });
    });
    item.inner('mannwhitney_asym', (test) =>
      test.compare({ u: () => mannWhitney(x, y).u, p: () => mannWhitney(x, y).p }),
    );
    item.compare({
      pearson: () => pearson(x, y),
      spearman: () => spearman(x, y),
      kendall_tau_b: () => kendallTauB(x, y),
    });
  },
  mcnemar: (item) => {
    const [b, c] = [item.number('b'), item.number('c')];
    const found = (): ReturnType<typeof mcnemar> => mcnemar(b, c);
    item.compare({
      p_exact: () => found().exact,
      mid_p: () => found().midP,
      chi2: () => found().chiSquare?.statistic ?? null,
      p_chi2: () => found().chiSquare?.p ?? null,
      chi2_corr: () => found().corrected?.statistic ?? null,
      p_corr: () => found().corrected?.p ?? null,
    });
  },
  binomial: (item) => {
    const [k, n] = [item.number('k'), item.number('n')];
    item.compare({
      wilson: () => wilson(k, n),
      beta: () => clopperPearson(k, n),
      agresti_coull: () => agrestiCoull(k, n),
      jeffreys: () => jeffreys(k, n),
      'binomtest_p_two_sided_vs_0.5': () => binomialTest(k, n),
      'binomtest_p_greater_vs_0.5': () => binomialTest(k, n, 0.5, 'greater'),
    });
  },
  multipletests_adjusted_p: (item) => {
    const p = item.numbers('p');
    item.compare({
      holm: () => adjust(p, 'holm'),
      bonferroni: () => adjust(p, 'bonferroni'),
      fdr_bh: () => adjust(p, 'fdrBh'),
      hommel: () => adjust(p, 'hommel'),
    });
  },
  bootstrap_mean_deterministic: (item) => {
    const [x, resamples, seed] = [item.numbers('x'), item.number('B'), item.number('mulberry32_seed')];
    const found = (method: Bootstrap['method']): Bootstrap => bootstrap(x, { method, resamples, seed });
    item.compare({
      first10_indices: () => {
        const row = new Int32Array(x.length);
        resampler(x.length, seed)(row);
        return [...row.subarray(0, 10)];
      },
      mean: () => found('percentile').value,
      boot_se_ddof1: () => found('percentile').standardError,
      percentile95: () => found('percentile').ci,
      basic95: () => found('basic').ci,
      bca95: () => found('bca').ci,
      z0: () => found('bca').z0,
      a: () => found('bca').acceleration,
      // scipy draws other items: its interval is near, not equal.
      'scipy_bca95_for_info_tol_0.02': { compute: () => found('bca').ci, tolerance: { absolute: 0.02 } },
    });
  },
  classification_scores: (item) => {
    const [y, s] = [item.numbers('y'), item.numbers('s')];
    item.compare({
      roc_auc: () => rocAuc(y, s),
      average_precision: () => averagePrecision(y, s),
      log_loss: () => logLoss(y, s),
      brier: () => brier(y, s),
      ece10_equal_width: () => expectedCalibrationError(y, s, 10),
    });
  },
  ppi_mean: (item) => {
    const labels = item.numbers('Y');
    const [predictions, unlabelled] = [item.numbers('Yhat'), item.numbers('Yhat_unlabeled')];
    item.compare({
      ppi_pp_estimate: () => ppiMean(labels, predictions, unlabelled).estimate,
      ppi_pp_ci95: () => ppiMean(labels, predictions, unlabelled).ci,
      ppi_lam1_estimate: () => ppiMean(labels, predictions, unlabelled, { lambda: 1 }).estimate,
      ppi_lam1_ci95: () => ppiMean(labels, predictions, unlabelled, { lambda: 1 }).ci,
      classical_ci95: () => classicalMean(labels).ci,
    });
  },
  bradley_terry_l2: (item) => {
    const [count, alpha, wins] = [item.number('k'), item.number('l2_alpha'), item.table('wins')];
    item.compare({
      theta_mean0: {
        compute: () =>
          bradleyTerry(
            count,
            wins.map(([winner, loser]) => [winner ?? -1, loser ?? -1] as const),
            alpha,
          ),
        tolerance: 1e-5,
      },
    });
  },
};

function special(item: StatItem): void {
  const q = item.numbers('q');
  /** Keys are the parameters of the distribution, separated by commas. */
  const byKey = (of: (parameters: number[]) => unknown) => (expected: never) =>
    Object.fromEntries(Object.keys(expected ?? {}).map((key) => [key, of(key.split(',').map(Number))]));
  item.compare({
    norm_ppf: () => q.map(normalQuantile),
    t_ppf: byKey(([df = Number.NaN]) => q.map((p) => tQuantile(p, df))),
    chi2_ppf: byKey(([df = Number.NaN]) => q.map((p) => chiSquareQuantile(p, df))),
    beta_ppf: byKey(([a = Number.NaN, b = Number.NaN]) => q.map((p) => betaQuantile(p, a, b))),
    lgamma: byKey(([x = Number.NaN]) => lgamma(x)),
  });
}
