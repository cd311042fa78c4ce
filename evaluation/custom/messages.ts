/** What a custom metric is sent. */
export interface ToHost {
  id: number;
  item: unknown;
}

/** What comes back; untrusted but for its shape. */
export type FromHost =
  | { kind: 'ready'; range: unknown; better: unknown }
  | { kind: 'unusable'; why: string }
  | { kind: 'scored'; id: number; value: unknown }
  | { kind: 'failed'; id: number; why: string };
