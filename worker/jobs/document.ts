import { claimsOf, waitersOf } from '../../artifacts/ledger/job-claims.ts';
import type { Ledger } from '../../artifacts/ledger/open.ts';
import { isOrdered, type RemoteJobRecord } from '../../artifacts/ledger/remote-jobs.ts';
import type { RecordedError } from '../../artifacts/ledger/runs.ts';

/** A job elsewhere as `anneal jobs --json` gives it; docs/jobs.md says what the fields mean. */
export interface JobDocument {
  job: string;
  provider: string;
  scope: string;
  state: RemoteJobRecord['state'];
  /** The vendor's own word; untrusted. */
  vendorState: string | null;
  name: string | null;
  url: string | null;
  run: string;
  step: string;
  line: string;
  waiting: string[];
  try: number;
  adopted: boolean;
  sharedBy: string[];
  ageSeconds: number;
  intendedAt: string;
  createdAt: string | null;
  endedAt: string | null;
  usd: number | null;
  usdIsEstimate: boolean;
  tokens: number | null;
  stuckSince: string | null;
  decision: string | null;
  error: RecordedError | null;
}

/** A job with who owns it, waits for it and shares it. */
export async function jobDocument(ledger: Ledger, row: RemoteJobRecord): Promise<JobDocument> {
  const claims = await claimsOf(ledger, row.label);
  const age = (row.ended_at === null ? Date.now() : Date.parse(row.ended_at)) - Date.parse(row.intent_at);
  return {
    job: row.label,
    provider: row.provider,
    scope: row.scope,
    state: row.state,
    vendorState: row.vendor_state,
    name: row.name,
    url: row.url,
    run: row.run_id,
    step: row.instance,
    line: row.line,
    waiting: await waitersOf(ledger, row.label),
    try: row.try,
    adopted: row.adopted === 1,
    sharedBy: [...new Set(claims.map(({ run_id }) => run_id))].filter((run) => run !== row.run_id),
    ageSeconds: Math.max(0, age / 1000),
    intendedAt: row.intent_at,
    createdAt: row.created_at,
    endedAt: row.ended_at,
    ...costOf(row),
    tokens: row.tokens,
    stuckSince: row.warned_at,
    decision: row.decision,
    error: row.error_json === null ? null : (JSON.parse(row.error_json) as RecordedError),
  };
}

/** What it has cost: the estimate until the vendor's count is there; nothing where nothing was ordered. */
function costOf(row: RemoteJobRecord): Pick<JobDocument, 'usd' | 'usdIsEstimate'> {
  if (row.cost_usd !== null) return { usd: row.cost_usd, usdIsEstimate: false };
  if (!isOrdered(row)) return { usd: 0, usdIsEstimate: false };
  return { usd: row.estimate_usd, usdIsEstimate: row.estimate_usd !== null };
}
