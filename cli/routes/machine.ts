import { command, docs } from '../command.ts';
import { flag, json, optional, RUN, tuple } from './parameters.ts';

export const init = command({
  docs: docs('Write a commented recipe with sample rows that run as they are', [
    ['init my-model', 'makes my-model/ with recipe.yaml, data/ and a tiny base model'],
  ]),
  parameters: { flags: { json }, positional: tuple(optional('folder', 'Where; default: the current folder')) },
  load: async () => (await import('../commands/init.ts')).init,
});

export const up = command({
  docs: docs(
    'Start the local Temporal server and a worker in the background',
    [['up', 'starts what is not running yet and prints the address of the Temporal UI']],
    'Safe to call at any time; `anneal run` does it by itself. The server keeps its state in .anneal/server and takes the next free port when its own is taken.',
  ),
  parameters: { flags: { json } },
  load: async () => (await import('../commands/up.ts')).up,
});

export const down = command({
  docs: docs('Stop the worker, trainers (after a checkpoint) and the local server', [
    ['down', 'runs that are not finished go on after the next `anneal up`'],
  ]),
  parameters: { flags: { json } },
  load: async () => (await import('../commands/down.ts')).down,
});

export const status = command({
  docs: docs('Show what runs in the background', [
    ['status --json', 'process ids, addresses, and which run is training'],
  ]),
  parameters: { flags: { json } },
  load: async () => (await import('../commands/status.ts')).status,
});

export const verify = command({
  docs: docs('Hash every artifact again and compare', [['verify', 'exit code 1 when something is damaged or missing']]),
  parameters: { flags: { json } },
  load: async () => (await import('../commands/verify.ts')).verify,
});

export const gc = command({
  docs: docs('Remove what no name, run or lineage needs', [
    ['gc', 'shows what would go'],
    ['gc --apply', 'removes it'],
  ]),
  parameters: { flags: { apply: flag('Remove; without it only shown'), json } },
  load: async () => (await import('../commands/gc.ts')).gc,
});

export const sync = command({
  docs: docs(
    'Compare the copies at Google Cloud with the ledger, and set them right',
    [
      ['sync', 'the newest run whose recipe has google.mirror, and its line of models'],
      ['sync --all', 'every line and every run'],
      ['sync RUN --dry-run --json', 'only what would be done, as JSON; exit code 1 when there is something'],
    ],
    'Copies are in the Vertex Model Registry, on an endpoint, in ML Metadata, Experiments and Dataplex, as the recipe asks; and where artifacts lie in a bucket, aliases are noted beside them. Nothing is read from there as the truth: docs/google-cloud-mirror.md.',
  ),
  parameters: {
    flags: {
      all: flag('Every line and every run that has ended'),
      dryRun: flag('Change nothing; say what would be done'),
      json,
    },
    positional: tuple(optional('run', `${RUN}; default: the newest that asks for copies`)),
  },
  load: async () => (await import('../commands/sync.ts')).sync,
});

export const schema = command({
  docs: docs("Print the recipe's JSON Schema, for editors", [
    ['schema > recipe.schema.json', 'then: # yaml-language-server: $schema=recipe.schema.json'],
  ]),
  parameters: { flags: { json } },
  load: async () => (await import('../commands/schema.ts')).schema,
});

export const doctor = command({
  docs: docs('Check what set-up made on this machine, or what runs at Google Cloud need', [
    ['doctor', 'Node, packages, Temporal, trainer, OpenBLAS, disk'],
    ['doctor --cloud recipe.yaml', 'identity, project, location, permissions, APIs and buckets, each with what to do'],
  ]),
  parameters: {
    flags: { cloud: flag('Check Google Cloud instead: nothing is changed there'), json },
    positional: tuple(optional('recipe', 'With --cloud: a recipe whose project, location and buckets are checked')),
  },
  load: async () => (await import('../commands/doctor.ts')).doctor,
});
