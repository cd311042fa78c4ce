import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createFileStore } from '../../artifacts/store.ts';
import type { EvalReport, ScoredItem } from '../../activities/evaluation/report.ts';
import { writeLines } from '../../data/lines.ts';
import { createRandom, type Figure } from '../data/support.ts';
import { FACTS, type Decided } from './gate-settings.ts';

const ITEMS = 1_000_000;
const QUICK_ITEMS = 50_000;
const AIM_MB = 300;
const QUEUES = ['billing', 'delivery', 'account', 'refund', 'other'];
/** Of a million, in every slice: too few to be heard of otherwise. */
const UNMEASURED = 0.001;

/**
 * A gate with two metrics that decide, three guards and slices over a million items that lie on the disk as a run
 * leaves them, in a process of its own.
 */
export async function measureGate(quick: boolean): Promise<Figure> {
  const items = quick ? QUICK_ITEMS : ITEMS;
  const folder = mkdtempSync(join(tmpdir(), 'anneal-bench-'));
  try {
    const store = createFileStore(join(folder, 'store'));
    writeScores(join(folder, 'scores.jsonl'), items);
    const { digest: scores, bytes } = await store.putFile(join(folder, 'scores.jsonl'));
    const { digest: report } = await store.putBytes(JSON.stringify(reportOf(items)));
    const script = join(import.meta.dirname, 'gate-process.ts');
    const { stdout } = await promisify(execFile)(process.execPath, [script, join(folder, 'store'), scores, report]);
    const { megabytes, seconds, verdict, n, slices } = JSON.parse(stdout) as Decided;
    return {
      row: `gate: ${items.toLocaleString('en')} items, ${Math.round(bytes / 1e6)} MB, two metrics, three guards, ${slices} slices`,
      ours: `${Math.round(megabytes)} MB at most, ${seconds.toFixed(1)} s`,
      beside: 'no tool',
      aim: `at most ${AIM_MB} MB`,
      met: megabytes <= AIM_MB && n === items,
      notes: [
        `${Math.round(n / seconds).toLocaleString('en')} items/s, the check of their digest included; verdict ${verdict}`,
      ],
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function writeScores(path: string, items: number): void {
  const random = createRandom(5);
  const lines = writeLines(path);
  const measured = (score: number): number | null => (random() < UNMEASURED ? null : score);
  const round = (score: number): number => Math.round(score * 1e6) / 1e6;
  const side = (skill: number): Record<string, number | null> => ({
    exactMatch: measured(random() < skill ? 1 : 0),
    rougeL: measured(round((random() + skill) / 2)),
    tokenF1: measured(round((random() + skill) / 2)),
    latencySeconds: round(0.2 + random() / 4),
    outputTokens: 4 + Math.floor(random() * 60),
  });
  for (let i = 0; i < items; i += 1)
    lines.write({
      id: `row-${i.toString(36).padStart(6, '0')}`,
      slices: [`queue=${QUEUES[i % QUEUES.length]}`, random() < 0.3 ? 'long' : 'short'],
      candidate: side(0.62),
      champion: side(0.6),
    } satisfies ScoredItem);
  lines.close();
}

function reportOf(items: number): EvalReport {
  const total = { value: 0, n: items, ci: [0, 0] as [number, number], unmeasured: 0 };
  const metrics = Object.entries(FACTS).map(([name, facts]) => [
    name,
    { ...facts, signature: name, candidate: total, champion: total, gain: total },
  ]);
  return {
    test: 'sha256:test',
    candidate: 'sha256:candidate',
    champion: 'sha256:champion',
    decoding: { maxTokens: 64, temperature: 0, topP: 1, seed: 0, stop: [] },
    items,
    metrics: Object.fromEntries(metrics) as EvalReport['metrics'],
  };
}
