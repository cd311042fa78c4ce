import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { root } from '../../scripts/toolchain.js';
import { noTrainer } from '../contract/support/trainer.ts';
import { makePlace, TINY_RECIPE, until, writeTiny, type Place, type RunJson } from '../support/cli.ts';

/** Tokens that the server says a request and its answer took. */
const PAID = 30;

interface Server {
  child: ChildProcess;
  port: number;
  log: string;
}

const children: ChildProcess[] = [];
afterAll(() => children.forEach((child) => child.kill('SIGKILL')));

/** The fake endpoint in a process of its own; a second one on the same port goes on with the same log. */
async function serve(
  place: Place,
  options: { port?: number; latency?: number; afterwards?: string } = {},
): Promise<Server> {
  const { port = 0, latency = 0, afterwards = 'normal' } = options;
  const log = join(place.folder, 'server.jsonl');
  const script = join(root, 'test', 'support', 'fake-endpoint.ts');
  const args = ['--port', `${port}`, '--latency', `${latency}`, '--log', log, '--afterwards', afterwards];
  const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text));
  await until('the port of the server', () => printed.includes('\n'));
  return { child, port: Number(printed.trim().split(' ')[1]), log };
}

interface Logged {
  event: 'asked' | 'answered';
  digest: string;
}

const logged = ({ log }: Server): Logged[] =>
  existsSync(log)
    ? readFileSync(log, 'utf8')
        .split('\n')
        .flatMap((line) => (line.endsWith('}') ? [JSON.parse(line) as Logged] : []))
    : [];

const answers = (server: Server): number => logged(server).filter(({ event }) => event === 'answered').length;

/** A tiny recipe with so many rows asked for, one a request, and a judge for each. */
function writeRecipe(place: Place, port: number, { count = 40, limits = '{}', more = '' } = {}): string {
  const recipe = writeTiny(place);
  place.write(
    recipe,
    `${TINY_RECIPE}synthesize:
  generators:
    big: { kind: endpoint, baseUrl: 'http://127.0.0.1:${port}/v1', model: fake, maxTokens: 100, timeoutSeconds: 10${more} }
  tasks:
    - { strategy: self-instruct, generator: big, count: ${count}, perAsk: 1 }
  filters: [{ filter: dedupe, near: none }]
  limits: ${limits}
`,
  );
  return recipe;
}

type Step = RunJson['steps'][number] & { facts?: Record<string, number | null>; cost?: Record<string, number> };
const synthesisOf = (run: RunJson): Step => {
  const found = run.steps.find(({ name }) => name === 'synthesize');
  if (!found) throw new Error(`no synthesis in ${JSON.stringify(run)}`);
  return found;
};

interface SynthesisReport {
  yield: { asked: number; answered: number; failed: number; candidates: number; accepted: number; rejected: number };
  spending: { requests: number; askedAgain: number; inputTokens: number; outputTokens: number }[];
}

/** What is stored under a digest, as text. */
function stored(place: Place, digest: string): string {
  const hex = digest.replace('sha256:', '');
  const found = readdirSync(join(place.folder, '.anneal', 'store'), { recursive: true, encoding: 'utf8' }).find(
    (path) => path.replaceAll(/[/\\]/g, '').includes(hex.slice(2)) && !path.endsWith('.json~'),
  );
  if (!found) throw new Error(`${digest} is not in the store`);
  return readFileSync(join(place.folder, '.anneal', 'store', found), 'utf8');
}

/**
 * Exact counts, whatever was killed: every ask is answered once in the ledger; by the server's own log no more was
 * asked than that and the requests that the run says were lost on the way.
 */
function expectExact(place: Place, run: RunJson, server: Server, count: number): void {
  expect(run.error).toBeUndefined();
  expect(run.status).toBe('completed');
  const { facts, cost, outputs } = synthesisOf(run);
  expect(facts).toMatchObject({ asked: count, answered: count, failed: 0, candidates: count, tokens: count * PAID });
  expect(cost).toEqual({ tokens: count * PAID });
  const report = JSON.parse(stored(place, outputs['report'] as string)) as SynthesisReport;
  expect(report.yield).toMatchObject({ asked: count, answered: count, failed: 0, candidates: count });
  expect(report.yield.accepted + report.yield.rejected).toBe(count);
  const [spending] = report.spending;
  expect(spending).toMatchObject({ requests: count, askedAgain: facts?.['askedAgain'] ?? 0 });
  const log = logged(server);
  const asked = log.filter(({ event }) => event === 'asked').length;
  expect(new Set(log.map(({ digest }) => digest)).size).toBe(count);
  expect(asked - count).toBeLessThanOrEqual(spending?.askedAgain ?? 0);
}

// The runs wait most of the time (for a dead worker to be noticed), and can wait side by side.
describe.skipIf(noTrainer).concurrent('synthesis', () => {
  const first = makePlace();
  const second = makePlace();
  const third = makePlace();

  test('killed: the worker at every point of an ask, and the server: exact counts, and nothing stored is paid again', async () => {
    const server = await serve(first, { latency: 60 });
    const recipe = writeRecipe(first, server.port);
    const died = join(first.folder, 'died');
    process.env['ANNEAL_FAILPOINT'] = `ask.:${died}`;
    const started = first.start('run', recipe, '--json');
    delete process.env['ANNEAL_FAILPOINT'];
    await until('some answers', () => answers(server) >= 10);
    server.child.kill('SIGKILL');
    await sleep(1500);
    const again = await serve(first, { port: server.port, latency: 60 });
    const run = JSON.parse((await started.ended).stdout) as RunJson;
    expect(readdirSync(died).toSorted()).toEqual(['ask.intended', 'ask.replied', 'ask.settled', 'ask.stored']);
    expectExact(first, run, again, 40);
    // A reply that came and was not yet stored when its worker died is the one that has to be asked for again.
    expect(synthesisOf(run).facts?.['askedAgain']).toBeGreaterThanOrEqual(1);
    const once = new Map<string, number>();
    for (const { event, digest } of logged(again))
      if (event === 'answered') once.set(digest, (once.get(digest) ?? 0) + 1);
    const extra = [...once.values()].reduce((sum, times) => sum + times - 1, 0);
    expect(extra).toBeLessThanOrEqual(synthesisOf(run).facts?.['askedAgain'] ?? 0);
  });

  test('killed: the worker between any two lines of the step: it is recorded once, and each reply is asked for once', async () => {
    const server = await serve(second);
    const recipe = writeRecipe(second, server.port);
    const died = join(second.folder, 'died');
    process.env['ANNEAL_FAILPOINT'] = `synthesize.:${died}`;
    const started = second.start('run', recipe, '--json');
    delete process.env['ANNEAL_FAILPOINT'];
    const run = JSON.parse((await started.ended).stdout) as RunJson;
    expect(readdirSync(died).toSorted()).toEqual(['synthesize.begun', 'synthesize.recorded', 'synthesize.stored']);
    expectExact(second, run, server, 40);
    expect(synthesisOf(run).facts).not.toHaveProperty('askedAgain');
    expect(logged(server).filter(({ event }) => event === 'asked')).toHaveLength(40);
  });

  test('a budget that is reached ends the command with 3; resume goes on from the same ask, to exact counts', async () => {
    const place = third;
    const server = await serve(place);
    const recipe = writeRecipe(place, server.port, { limits: '{ tokens: 800 }' });
    const { code, stdout } = await place.anneal('run', recipe);
    expect(code).toBe(3);
    const id = /^run (\S+) running/.exec(stdout)?.[1] ?? '';
    expect(stdout).toMatch(/waiting: the budget is reached: \d+ tokens spent, .* 800 tokens allowed/);
    expect(stdout).toContain(`anneal resume ${id} --budget`);
    expect(await place.json('show', id)).toMatchObject({ status: 'running', waiting: expect.stringContaining('800') });

    const refused = async (run: string, budget: string): Promise<string> => {
      const answer = await place.anneal('resume', run, '--budget', budget);
      expect(answer.code).toBe(2);
      return answer.stderr;
    };
    expect(await refused(id, 'tokens=some')).toBe(
      'error: --budget: expected usd=5, tokens=200000 or trainerSeconds=600, or one of them behind run., line. or month., found "tokens=some"\n',
    );
    expect(await refused(id, 'tokens=800')).toBe(
      `error: run ${id} does not take this budget: its budget is 800 tokens by now: give more than that, in all\n`,
    );
    expect(await refused(id, '5')).toBe(
      `error: run ${id} does not take this budget: nothing bounds its usd: raise tokens\n`,
    );

    const resumed = await place.anneal('resume', id, '--budget', 'tokens=100000', '--json');
    expect(resumed.code).toBe(0);
    const run = JSON.parse(resumed.stdout) as RunJson;
    expectExact(place, run, server, 40);
    const asked = logged(server).filter(({ event }) => event === 'asked');
    expect(new Set(asked.map(({ digest }) => digest)).size).toBe(asked.length);
    expect(await refused(id, 'tokens=200000')).toBe(`error: run ${id} has ended already: it is completed\n`);

    const other = await place.json<RunJson>('run', recipe, '--detach', '--set', 'tune.iterations=100000');
    expect(await refused(other.runId, 'tokens=900')).toBe(
      `error: run ${other.runId} does not wait for a budget: \`anneal show ${other.runId}\` says what it does\n`,
    );
    await place.anneal('cancel', other.runId);
    await expectTraced(place, run);
  });
});

/** A synthetic row can be followed to the lines it was made from, and from there back. */
async function expectTraced(place: Place, run: RunJson): Promise<void> {
  const id = run.runId;
  const train = stored(place, synthesisOf(run).outputs['train'] as string)
    .trim()
    .split('\n');
  const made = train
    .map((line) => JSON.parse(line) as { id: string; origin?: { parents: string[] } })
    .find((row) => row.origin);
  const trace = await place.json<{
    origin: { strategy: string; generator: string; settings: string; seed: number; prompt: string };
    parents: { id: string; source: { from: string; line: number } }[];
    models: unknown[];
  }>('data', 'trace', id, made?.id ?? '');
  expect(trace.origin).toMatchObject({ strategy: 'self-instruct', generator: 'big' });
  expect(trace.parents.map((parent) => parent.id).toSorted()).toEqual(made?.origin?.parents.toSorted());
  for (const { source } of trace.parents) {
    expect(source.from).toBe(join(place.folder, 'train.jsonl'));
    expect(source.line).toBeGreaterThanOrEqual(1);
  }
  expect(trace.models).toHaveLength(1);
  const up = await place.json<{ children: { id: string }[] }>('data', 'trace', id, trace.parents[0]?.id ?? '');
  expect(up.children.map((child) => child.id)).toContain(made?.id);
  const told = (await place.anneal('data', 'trace', id, made?.id ?? '')).stdout;
  for (const part of ['self-instruct', 'big', trace.origin.settings, trace.origin.prompt, 'train.jsonl'])
    expect(told).toContain(part);
}

describe.skipIf(noTrainer)('check', () => {
  const place = makePlace();
  const problems = async (text: string): Promise<{ path: string; message: string; line?: number }[]> => {
    place.write('bad.yaml', text);
    const { code, stdout } = await place.anneal('check', 'bad.yaml', '--json');
    expect(code).toBe(2);
    return (JSON.parse(stdout) as { problems: { path: string; message: string }[] }).problems;
  };

  test('says before a run how much synthesis may ask for', async () => {
    const server = await serve(place);
    const price = ', price: { inputPerMillion: 1, outputPerMillion: 2 }';
    const recipe = writeRecipe(place, server.port, { more: price, limits: '{ usd: 1 }' });
    const { synthesis, notes } = await place.json<{
      synthesis: Record<'asks' | 'tokens' | 'usd', { low: number; high: number }>;
      notes: string[];
    }>('check', recipe);
    expect(synthesis.asks).toEqual({ low: 40, high: 80 });
    expect(synthesis.tokens.low).toBeGreaterThan(40 * 50);
    expect(synthesis.tokens.high).toBeGreaterThan(40 * 200 + synthesis.tokens.low);
    expect(synthesis.usd.high).toBeGreaterThan(synthesis.usd.low);
    expect(notes.find((note) => note.startsWith('synthesis: '))).toMatch(
      /^synthesis: 40 to 80 requests, [\d,]+ to [\d,]+ tokens, \$0\.\d\d to \$0\.\d\d; the run pauses at \$1$/,
    );
  });

  test('names a server that is not there, a key that is not set, a model and a grammar that are wrong', async () => {
    place.write('forms.yaml', 'rows:\n  - { columns: { text: "{nothing}", label: x } }\nrules:\n  noting: [a]\n');
    const recipe = `${TINY_RECIPE}synthesize:
  generators:
    away: { kind: endpoint, baseUrl: 'http://127.0.0.1:9/v1', model: x }
    locked: { kind: endpoint, baseUrl: 'http://127.0.0.1:9/v1', model: x, apiKey: ANNEAL_TEST_NO_SUCH_KEY }
    gone: { kind: mlx, model: nobody@champion }
    forms: { kind: grammar, file: forms.yaml }
    none: { kind: grammar, file: none.yaml }
  tasks:
    - { strategy: self-instruct, generator: away, count: 2 }
`;
    const found = await problems(recipe);
    const at = (path: string): string =>
      found.find((one) => one.path === `synthesize.generators.${path}`)?.message ?? '';
    expect(at('away.baseUrl')).toBe(
      'nothing listens at http://127.0.0.1:9/v1/chat/completions: start the server, or check the URL',
    );
    expect(at('locked.apiKey')).toContain('the environment variable ANNEAL_TEST_NO_SUCH_KEY');
    expect(at('gone.model')).toBe('there is no model nobody@champion: `anneal models` lists what there is');
    expect(at('forms.file')).toMatch(/forms\.yaml:2:\d+: .*nothing/);
    expect(at('none.file')).toContain('none.yaml is not there');
    expect(found).toHaveLength(5);
    expect(found.every(({ line }) => (line ?? 0) > 10)).toBe(true);
  });
});
