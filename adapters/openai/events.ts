import type { JobProgress } from '../../configs/progress.ts';
import { shown, type Checkpoint, type JobEvent } from './replies.ts';

/** What an event says of the training at one step. */
export interface Point {
  step: number;
  /** All steps, where the event says so. */
  steps?: number | undefined;
  loss?: number | undefined;
}

const STEP = /\bstep\s+(\d+)(?:\s*(?:\/|of)\s*(\d+))?/i;
const LOSS = /\b(?:training[ _]|train[ _])?loss\s*[=:]?\s*(\d+(?:\.\d+)?(?:e[+-]?\d+)?)/i;

/** Step and loss out of an event, from its data or else from its words. */
export function pointOf({ data, message }: JobEvent): Point | undefined {
  const [, step, steps] = STEP.exec(message ?? '') ?? [];
  const [, loss] = LOSS.exec(message ?? '') ?? [];
  const at = number(data?.['step']) ?? number(step);
  if (at === undefined) return undefined;
  return {
    step: at,
    steps: number(data?.['total_steps']) ?? number(data?.['max_steps']) ?? number(steps),
    loss: number(data?.['train_loss']) ?? number(data?.['loss']) ?? number(loss),
  };
}

/** How far a job is, by the furthest of its events or checkpoints; all steps are 0 where nobody says how many. */
export function progressOf(points: readonly Point[]): JobProgress | undefined {
  const furthest = points.toSorted((a, b) => a.step - b.step).at(-1);
  if (!furthest) return undefined;
  const steps = Math.max(0, ...points.flatMap((point) => point.steps ?? []));
  const loss = furthest.loss ?? points.find((point) => point.step === furthest.step && point.loss !== undefined)?.loss;
  return { step: furthest.step, steps, ...(loss === undefined ? {} : { loss }) };
}

/** Step and loss of a kept state of the model. */
export function pointAt({ step_number, metrics }: Checkpoint): Point | undefined {
  const step = step_number ?? metrics?.step;
  return step === undefined ? undefined : { step, loss: metrics?.train_loss };
}

/** Step and loss, oldest first, each step once. */
export function curveOf(points: readonly Point[]): { step: number; loss: number }[] {
  const losses = new Map<number, number>();
  for (const { step, loss } of points) if (loss !== undefined) losses.set(step, loss);
  return [...losses].map(([step, loss]) => ({ step, loss })).toSorted((a, b) => a.step - b.step);
}

const ROWS = String.raw`(\d[\d,]*)\s+(?:\w+\s+){0,2}?(?:examples?|rows?|lines?|samples?)\b`;
const LEFT_OUT = String.raw`(?:dropped|skipped|removed|ignored|excluded|left out|filtered)`;
const CUT = String.raw`(?:truncated|cut|shortened)`;
const patterns = (verb: string): RegExp[] => [
  new RegExp(`${ROWS}[^.]*?\\b${verb}\\b`, 'i'),
  new RegExp(`\\b${verb}\\s+${ROWS}`, 'i'),
];
const DROPPED = patterns(LEFT_OUT);
const TRUNCATED = patterns(CUT);

/** Rows that a server says it left out or cut, with its words for it. */
export function lossesIn(events: readonly JobEvent[]): { dropped: number; truncated: number; reasons: string[] } {
  let [dropped, truncated] = [0, 0];
  const reasons = new Set<string>();
  // A server that was asked twice says it once.
  const said = new Map(events.map((event) => [event.id ?? `${event.message}`, event]));
  for (const { message = '', data } of said.values()) {
    const left = number(data?.['dropped_examples']) ?? number(data?.['skipped_examples']) ?? countIn(message, DROPPED);
    const cut = number(data?.['truncated_examples']) ?? countIn(message, TRUNCATED);
    dropped += left ?? 0;
    truncated += cut ?? 0;
    if ((left ?? 0) > 0 && reasons.size < 20) reasons.add(shown(message));
  }
  return { dropped, truncated, reasons: [...reasons] };
}

const countIn = (text: string, shapes: readonly RegExp[]): number | undefined =>
  shapes.flatMap((shape) => number(shape.exec(text)?.[1]?.replaceAll(',', '')) ?? [])[0];

function number(value: unknown): number | undefined {
  if (typeof value !== 'number' && (typeof value !== 'string' || value.trim() === '')) return undefined;
  const found = Number(value);
  return Number.isFinite(found) && found >= 0 ? found : undefined;
}
