import { z } from 'zod';
import { plain } from '../../configs/plain.ts';
import { redact } from '../remote/redact.ts';

/** Shapes of the protocol, of which a server has to send next to nothing: only the id of a job. */

const Text = z
  .string()
  .nullish()
  .catch(undefined)
  .transform((text) => text ?? undefined);
const Count = z
  .number()
  .nullish()
  .catch(undefined)
  .transform((count) => count ?? undefined);

const Id = z.union([z.string().min(1), z.int().transform(String)]).transform((id) => id.slice(0, 300));

/** Seconds since 1970, or ISO 8601, as ISO 8601. */
const Moment = z
  .union([z.number().positive(), z.string().min(1)])
  .nullish()
  .catch(undefined)
  .transform((moment) => {
    const at = typeof moment === 'number' ? moment * 1000 : Date.parse(moment ?? '');
    return Number.isFinite(at) && Math.abs(at) < 8.64e15 ? new Date(at).toISOString() : undefined;
  });

const Hyper = z.looseObject({ n_epochs: z.unknown().optional(), batch_size: z.unknown().optional() });

/** A job; only `id` is sure to be there. */
export const Job = z.looseObject({
  id: Id,
  status: Text,
  created_at: Moment,
  started_at: Moment,
  finished_at: Moment,
  model: Text,
  fine_tuned_model: Text,
  training_file: Text,
  trained_tokens: Count,
  suffix: Text,
  user_provided_suffix: Text,
  result_files: z
    .array(z.union([z.string(), z.looseObject({ id: z.string() }).transform(({ id }) => id)]))
    .nullish()
    .catch([])
    .transform((files) => files ?? []),
  error: z
    .union([
      z.string().transform((message) => ({ code: undefined, message })),
      z.looseObject({ code: Text, message: Text }),
    ])
    .nullish()
    .catch(undefined),
  metadata: z.record(z.string(), z.unknown()).nullish().catch(undefined),
  hyperparameters: Hyper.nullish().catch(undefined),
  method: z.looseObject({ type: Text }).nullish().catch(undefined),
});
export type Job = z.infer<typeof Job>;

/** An uploaded file. */
export const StoredFile = z.looseObject({
  id: Id,
  filename: Text,
  bytes: Count,
  status: Text,
  expires_at: Count,
});
export type StoredFile = z.infer<typeof StoredFile>;

/** What happened in a job. */
export const JobEvent = z.looseObject({
  id: Id.optional().catch(undefined),
  created_at: Moment,
  message: Text,
  data: z.record(z.string(), z.unknown()).nullish().catch(undefined),
});
export type JobEvent = z.infer<typeof JobEvent>;

/** A state of the model that the server kept. */
export const Checkpoint = z.looseObject({
  id: Id.optional().catch(undefined),
  fine_tuned_model_checkpoint: Text,
  step_number: Count,
  metrics: z
    .looseObject({ step: Count, train_loss: Count, valid_loss: Count, full_valid_loss: Count })
    .nullish()
    .catch(undefined),
});
export type Checkpoint = z.infer<typeof Checkpoint>;

/** Longest text of a server in what we keep, in characters. */
const MAX_TEXT = 300;

/** A server's text in one short line, without secrets. */
export const shown = (text: string, key?: string): string => {
  const line = plain(redact(text, [key]))
    .replace(/\s+/g, ' ')
    .trim();
  return line.length > MAX_TEXT ? `${line.slice(0, MAX_TEXT)}…` : line;
};
