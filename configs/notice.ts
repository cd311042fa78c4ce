import type { NoticeKind } from './notify.ts';

/** What people and programs are told: no rows, no secrets. */
export interface Notice {
  kind: NoticeKind;
  run: string;
  /** The pipeline. */
  line: string;
  model: string;
  /** One sentence. */
  message: string;
  /** ISO 8601. */
  at: string;
  /** The command that shows more. */
  look: string;
}
