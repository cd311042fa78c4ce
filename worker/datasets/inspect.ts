import { registeredSets } from '../../activities/eval-sets.ts';
import { Decontaminate, NearDuplicates, type AnyPolicy, type PolicyName } from '../../configs/policies.ts';
import { findPii, PII_KINDS } from '../../data/detect/pii.ts';
import { findSecrets } from '../../data/detect/secrets.ts';
import { inspectRows, type DataInspection, type InspectHelpers } from '../../data/look/inspect.ts';
import { ALL_POLICIES } from '../../data/policies/all.ts';
import type { EvalSet, World } from '../../data/policies/policy.ts';
import type { Row } from '../../data/row.ts';
import { loadTokenizer } from '../../data/tokens/hugging-face.ts';
import { openaiCounter } from '../../data/tokens/openai.ts';
import { POLICIES } from '../../configs/policies.ts';
import { openData, type OpenedData, type Reading, type Shelf } from './open.ts';

export interface InspectOptions extends Reading {
  /** Rows shown as samples, default 8. */
  samples?: number | undefined;
  seed?: number | undefined;
  /** Folder of a base model whose tokenizer counts; without it tokens are those of o200k. */
  base?: string | undefined;
  maxTokens?: number | undefined;
}

/** What `anneal data inspect` prints with --json. */
export interface InspectedData extends DataInspection {
  name: string;
  digest: string | null;
  sources: OpenedData['sources'];
  label: OpenedData['label'] | null;
  bad: OpenedData['bad'];
  /** Whose tokens were counted. */
  tokenizer: string;
}

/** Looks at the rows behind a reference or file from every side. */
export async function inspectData(
  what: string,
  shelf: Shelf | undefined,
  options: InspectOptions = {},
): Promise<InspectedData> {
  const data = await openData(what, shelf, { loose: true, ...options });
  const sets = shelf ? await registeredSets(shelf, ({ digest }) => digest !== data.digest) : [];
  const counter = options.base === undefined ? await openaiCounter('o200k_base') : await loadTokenizer(options.base);
  const inspection = await inspectRows(flat(data), {
    findPii: (text) => findPii(text, { kinds: PII_KINDS, countries: POLICIES.pii.shape.countries.parse(undefined) }),
    findSecrets: (text) => findSecrets(text),
    near: await nearHelper(),
    leaks: sets.length === 0 ? undefined : await leaksHelper(sets),
    countTokens: typeof counter === 'string' ? counter : (row) => countOf(counter, row),
    maxTokens: options.maxTokens,
    samples: options.samples,
    seed: options.seed,
  });
  return {
    name: data.name,
    digest: data.digest ?? null,
    sources: data.sources,
    label: data.label ?? null,
    bad: data.bad,
    tokenizer: typeof counter === 'string' ? 'none' : counter.name,
    ...inspection,
  };
}

/** A row that the model cannot be given has no tokens; preparation names it. */
function countOf(counter: { countRow(row: Row): number }, row: Row): number {
  try {
    return counter.countRow(row);
  } catch {
    return 0;
  }
}

/** Rows one by one. */
export async function* flat(data: OpenedData): AsyncGenerator<Row> {
  for await (const batch of data.rows()) yield* batch;
}

const EXAMPLES = 20;

const worldOf = (evalSets: readonly EvalSet[]): World => ({
  evalSets,
  countTokens: 'not asked for',
  maxTokens: Number.POSITIVE_INFINITY,
  seed: 0,
  warn: () => undefined,
});

/** A policy that only reports, as a helper of inspection. */
async function reporter(name: PolicyName, settings: AnyPolicy, evalSets: readonly EvalSet[]) {
  const run = await ALL_POLICIES[name].start(settings, worldOf(evalSets));
  const found: { rows: number; examples: { source: number; line: number; reason: string }[] } = {
    rows: 0,
    examples: [],
  };
  return {
    found,
    add: (row: Row): void => {
      const decision = run.apply(row);
      if (!decision || !('note' in decision)) return;
      found.rows += 1;
      const { source, line } = row;
      if (found.examples.length < EXAMPLES) found.examples.push({ source, line, reason: decision.note });
    },
  };
}

async function nearHelper(): Promise<NonNullable<InspectHelpers['near']>> {
  const settings = NearDuplicates.parse({ policy: 'nearDuplicates' });
  const { add, found } = await reporter('nearDuplicates', settings, []);
  return {
    add,
    result: () => ({
      rows: found.rows,
      examples: found.examples.map(({ reason, ...place }) => ({ ...place, of: placeIn(reason, place.source) })),
    }),
  };
}

/** The place that a reason names: `line 12`, or `line 12 of file 2`. */
function placeIn(reason: string, source: number): { source: number; line: number } {
  const [, line = '0', file] = /line (\d+)(?: of file (\d+))?/.exec(reason) ?? [];
  return { source: file === undefined ? source : Number(file) - 1, line: Number(line) };
}

async function leaksHelper(sets: readonly EvalSet[]): Promise<NonNullable<InspectHelpers['leaks']>> {
  const settings = Decontaminate.parse({ policy: 'decontaminate', action: 'report' });
  // The first is taken for the run's own; here there is none.
  const { add, found } = await reporter('decontaminate', settings, sets);
  return { add, result: () => found };
}
