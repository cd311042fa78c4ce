import type { PolicyAccount } from '../data/account.ts';
import { apart } from '../configs/apart.ts';
import { kindOfReason } from '../data/engine.ts';
import { breathing } from '../data/lines.ts';
import { inspectRows, type DataInspection, type Hits } from '../data/look/inspect.ts';
import type { PreparedStatistics } from '../data/prepared.ts';
import type * as Report from '../data/report/report.ts';
import type { DataReportInput } from '../data/report/report.ts';
import type { Row } from '../data/row.ts';
import type { TokenCounter } from '../data/tokens/counter.ts';
import type { StepContext } from './step/context.ts';

const PAGE = new URL('../data/report/report.ts', import.meta.url);

/** Rows whose tokens are counted one by one for the picture; beyond that the total is estimated elsewhere. */
const COUNTED_ROWS = 50_000;

/** The page that shows a person what preparation did. The same data make the same bytes. */
export async function dataReportPage(
  context: StepContext<{ pipeline: string }>,
  of: { statistics: PreparedStatistics; train: string; counter: TokenCounter | string; maxTokens: number },
): Promise<string> {
  const { statistics, train, counter, maxTokens } = of;
  const isCounted = typeof counter !== 'string' && statistics.rows.train.rows <= COUNTED_ROWS;
  const inspection = await inspectRows(breathing<Row>(train), {
    samples: 12,
    maxTokens,
    countTokens: isCounted
      ? countOrNothing(counter)
      : typeof counter === 'string'
        ? counter
        : `more than ${COUNTED_ROWS} rows; anneal check counts them`,
  });
  const sources = [...(await sourcesOf(context, 'train')), ...(await sourcesOf(context, 'test'))];
  const input: DataReportInput = {
    title: context.params.pipeline,
    train: statistics.rows.train,
    test: statistics.rows.test,
    tokens: inspection.tokens,
    policies: statistics.policies,
    quarantine: [...unread(sources), ...statistics.policies.flatMap(putAside)],
    leaks: leaksOf(statistics.policies),
    pii: hitsOf(statistics.policies, 'pii'),
    secrets: hitsOf(statistics.policies, 'secrets'),
    languages: inspection.languages,
    samples: inspection.samples,
    sources: sources.map(({ from, digest = '', good }) => ({ uri: from, digest, rows: good })),
  };
  return apart<typeof Report, 'dataReport'>(PAGE, 'dataReport', input);
}

/** A row that the template refuses was reported by the tokens policy; in the picture it counts as nothing. */
const countOrNothing =
  (counter: TokenCounter) =>
  (row: Row): number => {
    try {
      return counter.countRow(row);
    } catch {
      return 0;
    }
  };

/** Records that ingest could not read as rows. */
function unread(sources: readonly { bad?: number }[]): DataReportInput['quarantine'][number][] {
  const rows = sources.reduce((sum, { bad = 0 }) => sum + bad, 0);
  return rows === 0 ? [] : [{ reason: 'could not be read; the quarantine of ingest says why', rows, places: [] }];
}

function putAside({ reasons, examples, removed }: PolicyAccount): DataReportInput['quarantine'][number][] {
  if (removed === 0) return [];
  return Object.entries(reasons).map(([reason, rows]) => ({
    reason,
    rows,
    places: examples.filter((example) => kindOfReason(example.reason) === reason),
  }));
}

function leaksOf(policies: readonly PolicyAccount[]): DataInspection['leaks'] {
  const found = policies.find(({ policy }) => policy === 'decontaminate');
  return found && { rows: found.removed + found.noted, examples: found.examples };
}

interface Findings {
  counts: Record<string, number>;
  examples: Record<string, { source: number; line: number }[]>;
}

function hitsOf(policies: readonly PolicyAccount[], name: string): Hits[] | undefined {
  const found = policies.filter(({ policy }) => policy === name);
  if (found.length === 0) return undefined;
  const hits = new Map<string, Hits>();
  for (const { findings } of found) {
    const { counts = {}, examples = {} } = (findings ?? {}) as Partial<Findings>;
    for (const [kind, count] of Object.entries(counts)) {
      const hit = hits.get(kind) ?? { kind, hits: 0, rows: 0, places: [] };
      hit.hits += count;
      hit.rows += count;
      hit.places.push(...(examples[kind] ?? []));
      hits.set(kind, hit);
    }
  }
  return [...hits.values()];
}

/** A source as ingest noted it. */
interface SourceRows {
  from: string;
  digest?: string;
  good?: number;
  bad?: number;
}

/** The sources of the rows of one side, by their number. */
export async function sourcesOf(
  { inputs, metaOf }: Pick<StepContext<unknown>, 'inputs' | 'metaOf'>,
  side: 'train' | 'test',
): Promise<SourceRows[]> {
  const ref = inputs[side];
  if (!ref) return [];
  const { sources = [] } = (await metaOf(ref.digest)) as {
    sources?: SourceRows[];
  };
  return sources;
}
