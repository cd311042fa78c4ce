import { styleText } from 'node:util';
import type { ExecutionRow } from '../artifacts/ledger/schema.ts';
import { plain } from '../configs/plain.ts';
import { duration, factsLine, type Facts } from './output.ts';
import { progressOf, secondsBetween } from './run-document.ts';

/** Between two lines about the same running step where stderr is no terminal, in ms. */
const LINE_EVERY = 10_000;
const FRAMES = '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏';

/** The steps of a run as they go on, on stderr. */
export interface StepsView {
  /** @param waiting What the step under way waits for, in words; null: nothing. */
  update(rows: readonly ExecutionRow[], waiting?: string | null): void;
  /** A line beside the steps; the same line again is not repeated. */
  say(text: string): void;
  end(): void;
}

/** Live lines in a terminal; elsewhere a line when a step begins, now and then while it runs, and when it ends. */
export function showSteps(stream: NodeJS.WriteStream = process.stderr): StepsView {
  return stream.isTTY ? liveView(stream) : plainView(stream);
}

function plainView(stream: NodeJS.WriteStream): StepsView {
  const told = new Map<string, { status: string; at: number }>();
  let said = '';
  return {
    update: (rows, waiting = null) => {
      for (const row of rows) {
        const last = told.get(row.id);
        const status = `${row.status} ${(row.status === 'running' && waiting) || ''}`;
        const due =
          row.status === 'running' &&
          (row.progress_json !== null || waiting !== null) &&
          Date.now() - (last?.at ?? 0) > LINE_EVERY;
        if (last?.status === status && !due) continue;
        told.set(row.id, { status, at: Date.now() });
        stream.write(`${lineOf(row, waiting)}\n`);
      }
    },
    say: (text) => {
      if (text !== said) stream.write(`${text}\n`);
      said = text;
    },
    end: () => undefined,
  };
}

function liveView(stream: NodeJS.WriteStream): StepsView {
  let height = 0;
  let frame = 0;
  let said = '';
  const clear = (): string => (height > 0 ? `\u001b[${height}A\u001b[0J` : '');
  return {
    update: (rows, waiting = null) => {
      frame += 1;
      const spinner = FRAMES[frame % FRAMES.length] as string;
      const lines = rows.map((row) => cut(lineOf(row, waiting, spinner, stream), stream.columns ?? 80));
      stream.write(`${clear()}${lines.map((line) => `${line}\n`).join('')}`);
      height = lines.length;
    },
    say: (text) => {
      if (text === said) return;
      said = text;
      stream.write(`${clear()}${text}\n`);
      height = 0;
    },
    end: () => (height = 0),
  };
}

function lineOf(row: ExecutionRow, waiting: string | null, spinner = '…', stream?: NodeJS.WriteStream): string {
  const colour = (style: 'green' | 'red' | 'dim' | 'cyan', text: string): string =>
    stream ? styleText(style, text, { stream }) : text;
  const seconds = duration(secondsBetween(row.started_at, row.ended_at)).padStart(7);
  const name = row.instance.padEnd(11);
  if (row.status === 'running') {
    const attempt = row.attempt > 1 ? ` (attempt ${row.attempt})` : '';
    return `${colour('cyan', spinner)} ${name}${seconds}  ${waiting === null ? progressText(row) : `waiting for ${plain(waiting)}`}${attempt}${row.error_json === null ? '' : `  after: ${errorOf(row)}`}`;
  }
  if (row.status === 'skipped') return `${colour('dim', '–')} ${name}         skipped: ${plain(row.reason ?? '')}`;
  if (row.status === 'completed') {
    const how = row.cached_from === null ? factsText(row) : `cached${row.reason === null ? '' : `: ${row.reason}`}`;
    return `${colour('green', '✓')} ${name}${seconds}  ${how}`;
  }
  return `${colour('red', '✗')} ${name}${seconds}  ${row.status === 'cancelled' ? 'cancelled' : errorOf(row)}`;
}

/** Whether a job was ordered and nobody attends to it yet; for a moment that is so with every job. */
export function isOrdered(row: ExecutionRow): boolean {
  if (row.status !== 'running' || row.job_json === null) return false;
  const job = JSON.parse(row.job_json) as { state?: string };
  return job.state === 'waiting' && secondsBetween(row.started_at, null) > 2;
}

function progressText(row: ExecutionRow): string {
  const progress = progressOf(row);
  if (!progress || progress.steps === 0) return 'running';
  const { step, steps, loss, tokensPerSecond, etaSeconds } = progress;
  return [
    `${step}/${steps}`,
    ...(loss === undefined ? [] : [`loss ${loss.toFixed(3)}`]),
    ...(tokensPerSecond === undefined ? [] : [`${Math.round(tokensPerSecond)} tokens/s`]),
    ...(etaSeconds === undefined ? [] : [`${duration(etaSeconds)} left`]),
  ].join('  ');
}

function factsText(row: ExecutionRow): string {
  return factsLine(JSON.parse(row.facts_json) as Facts, words);
}

function errorOf(row: ExecutionRow): string {
  const error = row.error_json === null ? undefined : (JSON.parse(row.error_json) as { message?: string });
  return plain(error?.message ?? 'failed');
}

/** `trainRows` → `train rows`. */
const words = (name: string): string => name.replace(/([A-Z])/g, (letter) => ` ${letter.toLowerCase()}`);

/** At most so many characters on a line; colour codes do not count. */
function cut(line: string, columns: number): string {
  // oxlint-disable-next-line no-control-regex
  const codes = [...line.matchAll(/\u001b\[\d+m/g)].reduce((sum, [code]) => sum + code.length, 0);
  return line.length - codes < columns ? line : `${line.slice(0, columns + codes - 2)}…`;
}
