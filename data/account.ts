/** What one policy did to one side of the data; `in` = `out` + `removed`, and `reasons` adds up to `removed` + `changed` + `noted`. */
export interface PolicyAccount {
  policy: string;
  side: 'train' | 'test';
  in: number;
  out: number;
  changed: number;
  noted: number;
  removed: number;
  /** Rows by reason. */
  reasons: Record<string, number>;
  /** The first few places, for people. */
  examples: { source: number; line: number; reason: string }[];
  findings?: Record<string, unknown>;
}
