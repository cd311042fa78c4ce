import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { pipelineJob, type MadeArtifact } from '../../../artifacts/export/kfp/job.ts';
import { findArtifact } from '../../../artifacts/ledger/artifacts.ts';
import { listExecutions, refsOf } from '../../../artifacts/ledger/executions.ts';
import type { Ledger } from '../../../artifacts/ledger/open.ts';
import { formatProblem, readRecipe } from '../../../configs/recipe-file.ts';
import type { Recipe } from '../../../configs/recipe.ts';
import { urisOf } from '../../../configs/source-paths.ts';
import { findHome } from '../../../worker/home.ts';
import { UsageError } from '../../command.ts';
import { print, printJson, tell } from '../../output.ts';
import { noState, readState, runOf } from '../../state.ts';
import { writeOutput } from '../../write-output.ts';

interface Flags {
  set?: readonly string[];
  output?: string;
  image?: string;
  root?: string;
  json: boolean;
}

/** What `docker build` of the repository is called in the docs. */
const IMAGE = 'anneal:0.1.0';

/** Writes a recipe, or a run with what it made, as a PipelineJob of Vertex Pipelines. */
export async function exportKfp(flags: Flags, what: string): Promise<void> {
  if (flags.root !== undefined && !/^gs:\/\/[a-z0-9][a-z0-9._-]+[a-z0-9](?:\/\S*)?$/.test(flags.root))
    throw new UsageError('--root is no address in Cloud Storage: give one such as gs://my-bucket/pipelines');
  const isFile = /\.ya?ml$/i.test(what) || existsSync(what);
  if (!isFile && flags.set)
    throw new UsageError('--set changes a recipe file; what a run was done with stays as it is');
  const { recipe, run } = isFile ? { recipe: recipeIn(what, flags.set), run: undefined } : await runNamed(what);
  const storeUrl = pathToFileURL(findHome().store).href;
  const image = flags.image ?? IMAGE;
  const job = pipelineJob({ recipe, image, root: flags.root, run, storeUrl });
  const text = `${JSON.stringify(job, undefined, 2)}\n`;
  for (const note of notesOn(recipe, flags)) tell(`note: ${note}`);
  if (flags.output === undefined) return flags.json ? printJson(job) : print(text.trimEnd());
  const file = await writeOutput('--output', flags.output, text);
  if (flags.json) printJson({ file, run: run?.id ?? null });
  else print(file);
}

function recipeIn(file: string, sets?: readonly string[]): Recipe {
  const { recipe, problems } = readRecipe(file, sets);
  if (recipe) return recipe;
  throw new UsageError(problems.map(formatProblem).join('\n'), problems);
}

interface Found {
  recipe: Recipe;
  run: { id: string; made: MadeArtifact[] };
}

const runNamed = (id: string): Promise<Found> =>
  readState(async ({ ledger }) => {
    const run = await runOf(ledger, id);
    if (run.kind !== 'tune')
      throw new UsageError(
        `${run.id} is a ${run.kind} run, whose steps are known only as it goes: export its recipe instead, with \`anneal export kfp RECIPE\``,
      );
    return { recipe: JSON.parse(run.recipe_json) as Recipe, run: { id: run.id, made: await madeIn(ledger, run.id) } };
  }, noState);

async function madeIn(ledger: Ledger, run: string): Promise<MadeArtifact[]> {
  const made: MadeArtifact[] = [];
  for (const { id, instance, status } of await listExecutions(ledger, run)) {
    if (status !== 'completed') continue;
    for (const [role, { digest }] of Object.entries(await refsOf(ledger, id, 'out'))) {
      const artifact = await findArtifact(ledger, digest);
      if (artifact) made.push({ step: instance, role, artifact });
    }
  }
  return made;
}

/** What keeps the pipeline from being run elsewhere as it is. */
function notesOn(recipe: Recipe, { image, root }: Flags): string[] {
  const { data, store, approve, continuous } = recipe;
  const here = [...urisOf(data.train), ...(data.test ? urisOf(data.test) : [])].filter((uri) => uri.startsWith('/'));
  return [
    ...(here.length > 0
      ? [`${here[0]} lies on this machine: it can be shown so, but to run it elsewhere put the rows into gs://…`]
      : []),
    ...(approve
      ? [
          'the recipe has approve: nobody can answer in a pipeline, so where a person is asked the task ends with an error',
        ]
      : []),
    ...(continuous ? ['the recipe has continuous: a pipeline is one run, without the periods of the line'] : []),
    ...(image === undefined ? [`the image is ${IMAGE}: name the one you pushed with --image`] : []),
    ...(root === undefined && store === undefined
      ? ['there is no bucket for the files of the pipeline: name one with --root gs://BUCKET/PREFIX']
      : []),
  ];
}
