/** What a custom metric is sent. */
export interface ToHost {
  id: number;
  item: unknown;
}

/** What comes back; `type` is the JavaScript type of what the metric gave where that is no number. */
export type FromHost =
  | { kind: 'ready'; range: unknown; better: unknown }
  | { kind: 'unusable'; why: string }
  | { kind: 'scored'; id: number; value: number | null; why?: string }
  | { kind: 'strange'; id: number; type: string }
  | { kind: 'failed'; id: number; why: string };

/** The message, undefined where it is none of ours: a metric shares the channel and could write to it. */
export function readMessage(message: unknown): FromHost | undefined {
  if (typeof message !== 'object' || message === null) return undefined;
  const { kind, id, value, why, type } = message as Record<string, unknown>;
  const isReply = typeof id === 'number';
  const isOurs =
    kind === 'ready' ||
    (kind === 'unusable' && typeof why === 'string') ||
    (kind === 'scored' && isReply && (typeof value === 'number' || value === null)) ||
    (kind === 'strange' && isReply && typeof type === 'string') ||
    (kind === 'failed' && isReply && typeof why === 'string');
  return isOurs ? (message as FromHost) : undefined;
}
