import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { openLedger } from '../../artifacts/ledger/open.ts';
import type { Outcome } from '../main.ts';
import { noGcs } from '../../test/support/google/gcs.ts';
import { figuresOf, type Figures } from './figures.ts';
import { openPlace, type Place } from './place.ts';
import { doneIn, prepare } from './training.ts';

export const usage = '[--runs N] [--quick]';

/** Workers at once, and runs that each has in hand. */
const [WORKERS, LANES] = [3, 12];
/** A worker lives at most so long after it has begun to work, in ms. */
const LIFE_MS = 5000;
/** ms after a call of unknown outcome: far more than the server here takes under this load. */
const SETTLE_MS = 1500;

/**
 * Trainings ordered at Vertex AI's protocol behind faults, by workers that are killed again and again at random points.
 * `--quick` is the form of every build: 50 runs, not logged. Undefined: the options are others.
 */
export async function exactlyOnce(options: readonly string[]): Promise<Outcome | undefined> {
  const isQuick = options.includes('--quick');
  const [flag, count, ...more] = options.filter((option) => option !== '--quick');
  const runs = flag === undefined ? (isQuick ? 50 : 1000) : Number(count);
  if (more.length > 0 || (flag !== undefined && flag !== '--runs') || !Number.isInteger(runs) || runs < 1)
    return undefined;
  if (noGcs !== undefined) throw new Error(noGcs);
  const figures = await orderAll(runs, (said) => process.stderr.write(`${said}\n`));
  return { ...outcomeOf(figures), isLogged: !isQuick };
}

/** Carries so many runs to their ends with workers that are killed, and counts. */
export async function orderAll(runs: number, say: (said: string) => void = () => undefined): Promise<Figures> {
  const place = await openPlace();
  try {
    await prepare(place.folder);
    await (await openLedger(join(place.folder, 'ledger.db'))).destroy();
    const began = performance.now();
    const kills = await killing(place, runs, say);
    return await figuresOf(place, { runs, kills, seconds: (performance.now() - began) / 1000 });
  } finally {
    await place.close();
  }
}

/** Keeps workers at work and kills each after a while, until every run is done. Gives how many were killed at work. */
async function killing({ folder, env }: Place, runs: number, say: (said: string) => void): Promise<number> {
  let kills = 0;
  const done = (): number => doneIn(folder).length;
  const failed = join(folder, 'failed');
  const lane = async (): Promise<void> => {
    while (done() < runs) {
      if (existsSync(failed)) throw new Error(`a run failed: ${readFileSync(failed, 'utf8')}`);
      const worker = startWorker(folder, runs, env);
      const ended = once(worker, 'exit');
      await Promise.race([once(worker.stdout as NodeJS.ReadableStream, 'data'), ended]);
      const lifeMs = Math.random() ** 2 * LIFE_MS;
      const isEnded = await Promise.race([ended.then(() => true), sleep(lifeMs)]);
      if (isEnded !== true) {
        worker.kill('SIGKILL');
        kills += 1;
      }
      await ended;
      if (kills % 25 === 0) say(`${done()} of ${runs} runs done, ${kills} kills`);
    }
  };
  await Promise.all(Array.from({ length: WORKERS }, lane));
  return kills;
}

function startWorker(folder: string, runs: number, env: Record<string, string>): ChildProcess {
  const program = fileURLToPath(new URL('./worker.ts', import.meta.url));
  const args = [program, folder, String(runs), String(LANES), String(SETTLE_MS)];
  return spawn(process.execPath, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'inherit'] });
}

function outcomeOf(figures: Figures): Pick<Outcome, 'ok' | 'aims' | 'table'> {
  const {
    runs,
    trainings,
    jobs,
    mostCreates,
    orphans,
    ledgerUsd,
    runsUsd,
    spentUsd,
    miscounted,
    kills,
    found,
    shared,
    seconds,
  } = figures;
  const usd = (value: number): string => `$${value.toFixed(6)}`;
  const rows: [string, string, string, boolean | undefined][] = [
    ['runs done, trainings they wanted', `${runs}, ${trainings}`, '', undefined],
    ['jobs created', String(jobs), String(trainings), jobs === trainings],
    ['creates per label, most', String(mostCreates), '1', mostCreates === 1],
    ['orphans', String(orphans), '0', orphans === 0],
    ['money counted in the ledger', usd(ledgerUsd), usd(spentUsd), ledgerUsd === spentUsd],
    ['money counted in runs', usd(runsUsd), usd(spentUsd), runsUsd === spentUsd],
    ['jobs counted at another cost than booked', String(miscounted), '0', miscounted === 0],
    ['workers killed', String(kills), '', undefined],
    ['jobs found again by their label', String(found), '', undefined],
    ['jobs taken by a second run', String(shared), '', undefined],
    ['seconds', seconds.toFixed(0), '', undefined],
  ];
  const table = [
    '| figure | value | has to be | met |',
    '|---|---|---|---|',
    ...rows.map(
      ([name, value, aim, ok]) => `| ${name} | ${value} | ${aim} | ${ok === undefined ? '' : ok ? 'yes' : 'NO'} |`,
    ),
  ].join('\n');
  return { ok: rows.every(([, , , ok]) => ok !== false), aims: [figures], table };
}
