import { z } from 'zod';
import type { RemoteJob } from '../contracts.ts';

/** What commands print; all of it is untrusted, so that every text has a length and every name a shape. */

/** A name goes onto command lines of the next commands: no blanks, and nothing that looks like an option. */
const Name = z
  .string()
  .regex(/^(?!-)[\x21-\x7e]{1,200}$/, 'expected 1 to 200 characters without blanks, not beginning with "-"');
const Message = z.string().transform((text) => text.slice(0, 1000));
const NUMBERS = { step: z.number().min(0), steps: z.number().min(0), loss: z.number(), tokensPerSecond: z.number() };

const Submitted = z.object({ name: Name });
const STATES = ['pending', 'running', 'cancelling', 'succeeded', 'failed', 'cancelled', 'gone'] as const;
const Polled = z.object({
  state: z.enum(STATES),
  step: NUMBERS.step.nullish(),
  steps: NUMBERS.steps.nullish(),
  loss: NUMBERS.loss.nullish(),
  tokensPerSecond: NUMBERS.tokensPerSecond.nullish(),
  message: Message.nullish(),
  /** Of the trainer, where it has ended. */
  exitCode: z.int().min(0).max(255).nullish(),
  vendorState: z.string().max(100).nullish(),
  url: z
    .string()
    .max(500)
    .regex(/^https?:\/\//)
    .nullish(),
  startedAt: z.iso.datetime({ offset: true }).nullish(),
  endedAt: z.iso.datetime({ offset: true }).nullish(),
});
export type Polled = z.infer<typeof Polled>;

const Found = z.object({
  jobs: z.array(z.object({ name: Name, label: z.string().max(200), state: z.enum(STATES) })).max(100_000),
});

/** Either what was printed, or what is wrong with it, for a sentence. */
export type Reply<T> = { reply: T } | { wrong: string };

export const readSubmitted = (stdout: string): Reply<z.infer<typeof Submitted>> => lastLine(stdout, Submitted);
export const readPolled = (stdout: string): Reply<Polled> => lastLine(stdout, Polled);
export const readFound = (stdout: string): Reply<z.infer<typeof Found>> => lastLine(stdout, Found);

/** Tools print warnings before they answer: the last line that is not empty is the answer. */
function lastLine<T>(stdout: string, shape: z.ZodType<T>): Reply<T> {
  const line = stdout.trimEnd().split('\n').at(-1)?.trim() ?? '';
  const excerpt = line.length > 120 ? `${line.slice(0, 120)}…` : line;
  if (line === '') return { wrong: 'it printed nothing' };
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return { wrong: `its last line is no JSON: ${excerpt}` };
  }
  const parsed = shape.safeParse(value);
  if (parsed.success) return { reply: parsed.data };
  const [issue] = parsed.error.issues;
  return {
    wrong: `${issue?.path.join('.') || 'the whole line'}: ${issue?.message ?? 'not as agreed'}, found ${excerpt}`,
  };
}

const LABEL = /^anneal-(?<key>[0-9a-f]{40})-(?<try>\d{1,6})$/;

/** The labels that a job's one label stands for; undefined: it is not one of ours. */
export function labelsIn(label: string): Record<string, string> | undefined {
  const found = LABEL.exec(label)?.groups;
  return found && { anneal_key: found['key'] as string, anneal_try: found['try'] as string };
}

/** The one label that a job gets: 49 characters, fit for a job name, a comment, or a label of Kubernetes. */
export const labelOf = (labels: Readonly<Record<string, string>>): string =>
  `anneal-${labels['anneal_key']}-${labels['anneal_try'] ?? '1'}`;

/** How far a job is, where a poll says so. */
export function progressIn({ step, steps, loss, tokensPerSecond }: Polled): RemoteJob['progress'] {
  if (step == null) return undefined;
  return {
    step,
    steps: steps ?? 0,
    ...(loss == null ? {} : { loss }),
    ...(tokensPerSecond == null ? {} : { tokensPerSecond }),
  };
}
