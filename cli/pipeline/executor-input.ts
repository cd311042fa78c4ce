import { existsSync } from 'node:fs';
import { z } from 'zod';
import { UsageError } from '../command.ts';

const Artifacts = z.record(
  z.string(),
  z.object({ artifacts: z.array(z.object({ name: z.string().default(''), uri: z.string() })).min(1) }),
);

/** What Kubeflow and Vertex Pipelines hand to a task: `ExecutorInput` of pipeline_spec.proto, as far as it is used. */
const ExecutorInput = z.object({
  inputs: z
    .object({
      parameterValues: z.record(z.string(), z.unknown()).default({}),
      artifacts: Artifacts.default({}),
    })
    .prefault({}),
  outputs: z
    .object({
      parameters: z.record(z.string(), z.object({ outputFile: z.string() })).default({}),
      artifacts: Artifacts.default({}),
      outputFile: z.string().optional(),
    })
    .prefault({}),
});
export type ExecutorInput = z.infer<typeof ExecutorInput>;

/** Reads it. @throws UsageError when it is something else. */
export function executorInput(text: string | undefined): ExecutorInput {
  if (text === undefined) throw new UsageError('--executor-input is missing: a pipeline puts it in place of {{$}}');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new UsageError('--executor-input is no JSON: a pipeline puts it in place of {{$}}');
  }
  const parsed = ExecutorInput.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new UsageError(`--executor-input is not what a pipeline writes (${issue?.path.join('.')}: ${issue?.message})`);
}

/**
 * The path at which an artifact's address is found: Vertex Pipelines and Kubeflow mount buckets below `/gcs`.
 *
 * @throws UsageError where a bucket is not mounted.
 */
export function pathOf(uri: string): string {
  const found = /^gs:\/\/([^/]+)(\/.*)?$/.exec(uri);
  if (!found) return uri.replace(/^file:\/\//, '');
  const [, bucket = '', path = ''] = found;
  if (!existsSync(`/gcs/${bucket}`))
    throw new UsageError(
      `gs://${bucket} is not mounted at /gcs/${bucket}: this command runs as a task of Vertex Pipelines`,
    );
  return `/gcs/${bucket}${path}`;
}

/** Overrides for the recipe, as given to `--set`: the parameter `tune_lora_rank` is `tune.lora.rank`. */
export function setsOf({ inputs }: ExecutorInput): string[] {
  const settings = Object.entries(inputs.parameterValues)
    .filter(([name]) => name !== 'recipe')
    .map(([name, value]) => `${name.replaceAll('_', '.')}=${JSON.stringify(value)}`);
  const sources = (['train', 'test'] as const).flatMap((name) => {
    const uri = inputs.artifacts[name]?.artifacts[0]?.uri;
    return uri === undefined ? [] : [`data.${name}.uri=${JSON.stringify(uri)}`];
  });
  return [...settings, ...sources];
}
