// Stands in for `anneal step`: says and makes what a task has to, at once.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

const { outputs } = JSON.parse(process.argv.at(-1) ?? '{}');
const parameterValues = Object.fromEntries(
  Object.keys(outputs.parameters ?? {}).map((name) => [name, process.env['VERDICT'] ?? 'promote']),
);
mkdirSync(dirname(outputs.outputFile), { recursive: true });
writeFileSync(outputs.outputFile, JSON.stringify({ parameterValues, artifacts: outputs.artifacts ?? {} }));
