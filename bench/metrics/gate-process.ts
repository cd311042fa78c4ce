import { decideOn } from '../../activities/gating/decide.ts';
import { openEvidence } from '../../activities/gating/evidence.ts';
import { createFileStore } from '../../artifacts/store.ts';
import { GATE, type Decided } from './gate-settings.ts';

/** The process of a gate: gate-process.ts STORE SCORES REPORT. Prints what it decided and took, as JSON. */
const [folder = '', scores = '', report = ''] = process.argv.slice(2);
const start = performance.now();
const evidence = await openEvidence(
  { store: createFileStore(folder) },
  { scores: { digest: scores, type: 'Scores' }, report: { digest: report, type: 'EvalReport' } },
);
const { verdict, n, slices } = await decideOn(evidence, GATE, 1);
const decided: Decided = {
  verdict,
  n,
  slices: slices.length,
  seconds: (performance.now() - start) / 1000,
  // In kB of 1024 bytes, whatever the platform.
  megabytes: (process.resourceUsage().maxRSS * 1024) / 1e6,
};
console.log(JSON.stringify(decided));
