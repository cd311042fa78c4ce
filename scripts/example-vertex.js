// Runs the support-triage recipe with its training, its answers and its artifacts in a pretended Google Cloud on this
// machine; called by `npm run example:vertex` once set-up is done. No account is needed, and no money is spent.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { noGcs, startGcs } from '../test/support/google/gcs.ts';
import { Journal } from '../test/support/google/journal.ts';
import { root } from './toolchain.js';

const BUCKET = 'anneal-example';
const RECIPE = 'examples/support-triage/recipe.yaml';
/** How long a job waits and trains; at Vertex AI it is rather an hour. */
const TIMES = { pendingMs: 1000, runningMs: 3000 };

if (noGcs) {
  console.error(`the example needs fake-gcs-server: ${noGcs}`);
  process.exit(1);
}
// What is started ends with this; Ctrl+C reaches the command under way, and then this goes on to tidy up.
process.on('SIGINT', () => undefined);
const scratch = mkdtempSync(join(tmpdir(), 'anneal-example-vertex-'));
const gcs = await startGcs(join(scratch, 'buckets'), [BUCKET]);
const vertex = await startServer('test/support/google/vertex-rest.ts', [
  `--folder=${join(scratch, 'project')}`,
  `--gcs=${gcs.url}`,
  `--options=${JSON.stringify(TIMES)}`,
]);
const grpc = await startServer('test/support/google/vertex-grpc.ts', [`--folder=${join(scratch, 'project')}`]);
const environment = {
  ANNEAL_HOME: join(scratch, 'home'),
  STORAGE_EMULATOR_HOST: gcs.url,
  ANNEAL_VERTEX_URL: vertex.url,
  ANNEAL_VERTEX_GRPC: grpc.url.replace('http://', ''),
  GOOGLE_CLOUD_PROJECT: BUCKET,
};
console.log('A pretended Google Cloud runs on this machine. With an account these would not be set:');
for (const [name, value] of Object.entries(environment)) console.log(`  ${name}=${value}`);
process.exitCode = 1;
try {
  process.exitCode = await example();
} finally {
  await anneal('down');
  vertex.child.kill('SIGKILL');
  grpc.child.kill('SIGKILL');
  await gcs.stop();
  if (process.exitCode) console.error(`\nwhat there is to look at lies in ${scratch}`);
  else rmSync(scratch, { recursive: true, force: true });
}

/** @returns {Promise<number>} exit status of the run */
async function example() {
  const sets = [
    'tune.provider=vertex',
    `store=gs://${BUCKET}/artifacts`,
    'google.mirror={registry: true, metadata: true, experiments: true, openLineage: true}',
  ];
  const status = await anneal('run', RECIPE, ...sets.flatMap((set) => ['--set', set]));
  if (status !== 0) return status;
  await anneal('models');
  await anneal('lineage', 'support-triage@champion');
  // The run's end copies it too; this waits for the copies, and mends what is missing.
  await anneal('sync');
  /** @type {Record<string, number>} */
  const creates = await ask(`${vertex.url}/_admin/creates`);
  /** @type {import('../test/support/counted.ts').Spent} */
  const money = await ask(`${vertex.url}/_admin/money`);
  /** @type {{ items?: unknown[] }} */
  const objects = await ask(`${gcs.url}/storage/v1/b/${BUCKET}/o`);
  console.log('\nWhat the pretended Google Cloud saw:');
  console.log(`  tuning jobs created: ${sum(creates)}, for ${Object.keys(creates).length} ordered`);
  console.log(`  tokens trained: ${money.tokens}, which would have cost $${money.usd.toFixed(4)}`);
  console.log(`  objects in gs://${BUCKET}: ${objects.items?.length ?? 0}`);
  const copies = new Journal(join(scratch, 'project'), 'grpc.jsonl');
  const counts = ['model', 'endpoint', 'artifact', 'execution', 'context'].map(
    (kind) => `${kind}s ${copies.all(kind).length}`,
  );
  console.log(`  Model Registry and ML Metadata: ${counts.join(', ')}`);
  return 0;
}

/** @param {string[]} args */
async function anneal(...args) {
  console.log(`\n$ npx anneal ${args.map((arg) => (/[\s{]/.test(arg) ? `'${arg}'` : arg)).join(' ')}`);
  const child = spawn(process.execPath, [join(root, 'bin', 'anneal'), ...args], {
    cwd: root,
    env: { ...process.env, ...environment },
    stdio: 'inherit',
  });
  const [status, signal] = await once(child, 'exit');
  return signal ? 130 : Number(status);
}

/**
 * @param {string} file
 * @param {string[]} args
 */
async function startServer(file, args) {
  const child = spawn(process.execPath, [file, ...args], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  return { child, url: `http://127.0.0.1:${JSON.parse(line).port}` };
}

/**
 * @param {string} url
 * @returns {Promise<any>}
 */
async function ask(url) {
  return (await fetch(url)).json();
}

/** @param {Record<string, number>} counts */
function sum(counts) {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}
