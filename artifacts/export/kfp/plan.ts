import type { Recipe } from '../../../configs/recipe.ts';
import { urisOf } from '../../../configs/source-paths.ts';

/** Types of artifacts that Vertex Pipelines knows (https://cloud.google.com/vertex-ai/docs/pipelines/artifact-types). */
export type Schema = 'system.Artifact' | 'system.Dataset' | 'system.Model' | 'system.Metrics';

/** A step of the lifecycle as a task of a pipeline. */
export interface PlannedStep {
  name: string;
  /** What it takes from earlier tasks: role here, and which task made it under which role. */
  takes: Record<string, { from: string; role: string; schema: Schema }>;
  makes: Record<string, Schema>;
  /** Outputs that are texts, not artifacts. The gate's verdict is `Output`, which kfp's local runner can read in a condition. */
  says: readonly string[];
  /** Its task may be taken from the pipeline's own cache: it reads nothing but its inputs, and changes nothing else. */
  isCacheable: boolean;
  /** It trains or asks models: worth more attempts. */
  isLong: boolean;
  /** Only done where an earlier task said so. */
  when?: { task: string; says: string; is: string };
}

/** A file or folder that comes in from outside. */
export interface PlannedSource {
  name: 'train' | 'test';
  uri: string;
}

const DATASET = 'system.Dataset';
const MODEL = 'system.Model';

/** Rows that come in as one address each; what a query or a list of files gives stays in the recipe alone. */
export function sourcesOf({ data }: Recipe): PlannedSource[] {
  return (['train', 'test'] as const).flatMap((name) => {
    const source = data[name];
    const uris = source ? urisOf(source) : [];
    return uris.length === 1 && !/[*?[{]/.test(uris[0] ?? '') ? [{ name, uri: uris[0] as string }] : [];
  });
}

/** The steps of a run of a recipe, in their order, as far as they can be known before it starts. */
export function planOf(recipe: Recipe): PlannedStep[] {
  const { synthesize, evaluate } = recipe;
  const step = (
    name: string,
    takes: [role: string, from: string, schema: Schema, role?: string][],
    makes: PlannedStep['makes'],
    more: Partial<PlannedStep> = {},
  ): PlannedStep => ({
    name,
    takes: Object.fromEntries(takes.map(([role, from, schema, its = role]) => [role, { from, role: its, schema }])),
    makes,
    says: [],
    isCacheable: true,
    isLong: false,
    ...more,
  });
  const sources = sourcesOf(recipe).map(({ name }): [string, string, Schema, string] => [
    name,
    `source-${name}`,
    DATASET,
    'artifact',
  ]);
  const rows = synthesize ? 'synthesize' : 'prepare';
  const last = evaluate.safety || evaluate.bias ? 'probe' : evaluate.judges ? 'judge' : 'evaluate';
  return [
    // A file may have changed under the same address, so that this one is always done.
    step('ingest', sources, { train: DATASET, ...(recipe.data.test ? { test: DATASET } : {}) }, { isCacheable: false }),
    step('prepare', [['train', 'ingest', DATASET]], { train: DATASET, test: DATASET }),
    ...(synthesize ? [step('synthesize', [['train', 'prepare', DATASET]], { train: DATASET }, { isLong: true })] : []),
    step('tune', [['train', rows, DATASET]], { model: MODEL }, { isLong: true }),
    step(
      'evaluate',
      [
        ['model', 'tune', MODEL],
        ['test', 'prepare', DATASET],
      ],
      { metrics: 'system.Metrics' },
      { isLong: true },
    ),
    ...(evaluate.judges
      ? [step('judge', [['metrics', 'evaluate', 'system.Metrics']], { scores: 'system.Artifact' }, { isLong: true })]
      : []),
    ...(evaluate.safety || evaluate.bias
      ? [step('probe', [['model', 'tune', MODEL]], { scores: 'system.Artifact' }, { isLong: true })]
      : []),
    step(
      'gate',
      [
        ['metrics', 'evaluate', 'system.Metrics'],
        ...(last === 'evaluate' ? [] : [['scores', last, 'system.Artifact'] as [string, string, Schema]]),
      ],
      { verdict: 'system.Artifact' },
      { says: ['Output'] },
    ),
    step(
      'register',
      [['model', 'tune', MODEL]],
      { card: 'system.Artifact' },
      { says: ['version'], isCacheable: false },
    ),
    step(
      'champion',
      [['model', 'tune', MODEL]],
      { champion: MODEL },
      {
        isCacheable: false,
        when: { task: 'gate', says: 'Output', is: 'promote' },
      },
    ),
  ];
}

/** A setting that a pipeline's caller may change. */
export interface PlannedParameter {
  name: string;
  type: 'STRING' | 'NUMBER_INTEGER' | 'NUMBER_DOUBLE' | 'BOOLEAN';
  value: string | number | boolean;
}

/** Numbers of which any value makes sense, also where the recipe has a whole one. */
const FRACTIONS = /(?:rate|Rate|scale|dropout|beta|Multiplier|confidence|margin|Share)$/;

/** The settings of tuning one by one: `tune.lora.rank` is the parameter `tune_lora_rank`. */
export function parametersOf(recipe: Recipe): PlannedParameter[] {
  const found: PlannedParameter[] = [];
  const look = (value: unknown, path: string[]): void => {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      for (const [key, inner] of Object.entries(value)) look(inner, [...path, key]);
      return;
    }
    // Underscores stand for dots, so that a name with one of its own cannot be a parameter.
    if (path.some((key) => !/^[A-Za-z][A-Za-z0-9]*$/.test(key))) return;
    const name = path.join('_');
    if (typeof value === 'string') found.push({ name, type: 'STRING', value });
    if (typeof value === 'boolean') found.push({ name, type: 'BOOLEAN', value });
    if (typeof value === 'number')
      found.push({
        name,
        type: Number.isInteger(value) && !FRACTIONS.test(name) ? 'NUMBER_INTEGER' : 'NUMBER_DOUBLE',
        value,
      });
  };
  look(recipe.tune, ['tune']);
  found.push({ name: 'model_base', type: 'STRING', value: recipe.model.base });
  if (recipe.store) found.push({ name: 'store', type: 'STRING', value: recipe.store });
  return found.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
