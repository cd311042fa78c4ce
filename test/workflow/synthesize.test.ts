import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ApplicationFailure, WorkflowFailedError } from '@temporalio/client';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findRun, listEvents } from '../../artifacts/ledger/runs.ts';
import { createFileStore } from '../../artifacts/store.ts';
import type { Recipe } from '../../configs/recipe.ts';
import { Synthesize } from '../../configs/synthesis.ts';
import { rowsIn } from '../../data/lines.ts';
import type { Row } from '../../data/row.ts';
import type { SynthesisReport } from '../../data/synthesis/report.ts';
import type { PutAside } from '../../data/synthesis/synthesize.ts';
import { confirmDataset } from '../../worker/datasets/add.ts';
import { raiseBudgetUpdate } from '../../workflows/purse.ts';
import type { RunDocument } from '../../cli/run-document.ts';
import { startFakeEndpoint, type FakeEndpoint, type FakeOptions } from '../support/fake-endpoint.ts';
import { calmWorld, fakeRecipe } from '../support/fakes.ts';
import { makeBench } from '../support/workflow.ts';

const bench = makeBench({ patience: { ask: { attempts: 3, pauseMs: 20, busyMs: 1500 }, tries: 2 } });
const { world } = bench;
const store = () => createFileStore(join(bench.folder, 'store'));

beforeEach(() => void Object.assign(world, calmWorld()));

const servers: FakeEndpoint[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function serve(options: FakeOptions = {}): Promise<FakeEndpoint> {
  const server = await startFakeEndpoint(options);
  servers.push(server);
  return server;
}

/** Tokens that the server says a request and its answer took. */
const PAID = 30;
const NEAR_NOTHING = [{ filter: 'dedupe', near: 'none' }];

/** A recipe on 30 real rows of seven classes. */
async function recipeWith(
  name: string,
  server: FakeEndpoint,
  { endpoint = {}, generators = {}, tasks, ...rest }: Record<string, unknown> & { tasks: unknown[] },
): Promise<Recipe> {
  const big = { kind: 'endpoint', baseUrl: server.baseUrl, model: 'fake', maxTokens: 200, ...(endpoint as object) };
  const settings = { generators: { big, ...(generators as object) }, tasks, filters: NEAR_NOTHING, ...rest };
  return { ...(await fakeRecipe(bench.folder, name)), synthesize: Synthesize.parse(settings) };
}

const rowsOf = async <T = Row>(run: RunDocument, role: string): Promise<T[]> => {
  const digest = synthesisOf(run).outputs[role];
  return digest === undefined ? [] : [...rowsIn<T>(await store().path(digest))];
};

const synthesisOf = (run: RunDocument): RunDocument['steps'][number] => {
  const found = run.steps.find(({ name }) => name === 'synthesize');
  if (!found) throw new Error('no synthesis in this run');
  return found;
};

async function reportOf(run: RunDocument): Promise<SynthesisReport> {
  return JSON.parse((await store().read(synthesisOf(run).outputs['report'] as string)).toString()) as SynthesisReport;
}

/** Every sum that has to add up. */
async function expectSums(run: RunDocument): Promise<void> {
  const { yield: counts } = await reportOf(run);
  const sum = (numbers: Record<string, number>): number => Object.values(numbers).reduce((a, b) => a + b, 0);
  expect(counts.asked).toBe(counts.answered + counts.failed);
  expect(sum(counts.failures)).toBe(counts.failed);
  expect(counts.candidates).toBe(counts.accepted + counts.rejected);
  for (const { out, reasons } of counts.filters) expect(sum(reasons)).toBe(out);
  const apart = await Promise.all(['preference', 'adversarial', 'drafts'].map(async (role) => rowsOf(run, role)));
  const trained = (await rowsOf(run, 'train')).filter(({ origin }) => origin);
  expect(trained.length + apart.flat().length).toBe(counts.accepted);
  expect(await rowsOf<PutAside>(run, 'quarantine')).toHaveLength(counts.failed + counts.rejected);
}

/** No answer was paid for twice. */
function expectOnce(server: FakeEndpoint): void {
  expect([...server.answered.values()].filter((times) => times > 1)).toEqual([]);
}

async function failureOf(handle: Awaited<ReturnType<typeof bench.start>>['handle']): Promise<ApplicationFailure> {
  const error = (await handle.result().catch((thrown: unknown) => thrown)) as WorkflowFailedError;
  return error.cause?.cause as ApplicationFailure;
}

const GRAMMAR = `rows:
  - { label: answer 1, columns: { q: 'made question {n}{n}', a: answer 1 } }
rules:
  n: [one, two, three, four, five, six, seven]
`;

describe('rows of a grammar and of a server', () => {
  const grammar = (): string => {
    const file = join(bench.folder, 'grammar.yaml');
    writeFileSync(file, GRAMMAR);
    return file;
  };
  const tasks = [
    { strategy: 'grammar', generator: 'forms', count: 6 },
    { strategy: 'self-instruct', generator: 'big', count: 14, perAsk: 2 },
  ];
  const first = async (server: FakeEndpoint, more: unknown[] = []): Promise<Recipe> =>
    recipeWith('both', server, {
      generators: { forms: { kind: 'grammar', file: grammar() } },
      tasks: [...tasks, ...more],
    });

  test('come beside the real ones, each with its origin; the server is asked once for each', async () => {
    const server = await serve();
    const { output, run } = await bench.run(await first(server));
    expect(output.verdict).toBe('promote');
    expect(run.steps.map(({ name, status }) => `${name} ${status}`)).toEqual(
      ['ingest', 'prepare', 'synthesize', 'tune', 'evaluate', 'gate', 'register'].map((name) => `${name} completed`),
    );
    await expectSums(run);
    expectOnce(server);
    expect([server.seen.length, server.answered.size]).toEqual([7, 7]);
    const { facts, cost } = synthesisOf(run);
    expect(facts).toMatchObject({ failed: 0, tokens: 7 * PAID, usd: null });
    expect(cost).toEqual({ tokens: 7 * PAID });
    const train = await rowsOf(run, 'train');
    const made = train.filter(({ origin }) => origin);
    expect(train.length - made.length).toBe(30);
    expect(made.length).toBe(facts?.['inTraining']);
    expect(new Set(made.map(({ origin }) => `${origin?.strategy} ${origin?.generator}`))).toEqual(
      new Set(['grammar forms', 'self-instruct big']),
    );
    for (const { origin, side } of made) {
      expect(side).toBe('train');
      expect(origin).toMatchObject({
        settings: expect.stringMatching(/^[0-9a-f]{16}$/),
        prompt: expect.stringMatching(/^[0-9a-f]{16}$/),
      });
      expect(origin?.strategy === 'grammar' || (origin?.parents.length ?? 0) > 0).toBe(true);
    }
    const real = new Set(train.filter(({ origin }) => !origin).map(({ id }) => id));
    for (const { origin } of made) for (const parent of origin?.parents ?? []) expect(real).toContain(parent);
    expect(run.steps.find(({ name }) => name === 'tune')?.inputs['train']).toBe(synthesisOf(run).outputs['train']);
  });

  test('are there already when the same recipe runs again, and only a new task asks anew', async () => {
    const server = await serve();
    await bench.run(await first(server));
    const asked = server.seen.length;
    const again = await bench.run(await first(server));
    expect(synthesisOf(again.run).status).toBe('cached');
    expect(again.output.verdict).toBeNull();
    expect(server.seen).toHaveLength(asked);
    const more = await bench.run(
      await first(server, [{ strategy: 'evolve', generator: 'big', count: 4, perAsk: 2, toward: ['harder'] }]),
    );
    expect(synthesisOf(more.run).status).toBe('completed');
    expect(server.seen).toHaveLength(asked + 2);
    expectOnce(server);
    // What an earlier run paid for costs this one nothing.
    expect(synthesisOf(more.run).facts).toMatchObject({ tokens: 2 * PAID });
  });
});

test('synthetic rows are never more of the training rows than maxShare allows', async () => {
  const server = await serve();
  const { run } = await bench.run(
    await recipeWith('share', server, {
      tasks: [{ strategy: 'self-instruct', generator: 'big', count: 40, perAsk: 1 }],
      limits: { maxShare: 0.2 },
    }),
  );
  await expectSums(run);
  const train = await rowsOf(run, 'train');
  const made = train.filter(({ origin }) => origin).length;
  expect(made).toBe(7); // of 37: 0.189, and one more would be 0.21
  expect(made / train.length).toBeLessThanOrEqual(0.2);
  expect((await reportOf(run)).yield.filters.at(-1)).toMatchObject({ filter: 'limits', in: 40, out: 33 });
});

describe('a server that misbehaves', () => {
  const task = { strategy: 'self-instruct', generator: 'big', count: 12, perAsk: 1 };

  test('now and then is asked again, and every reply is there in the end', async () => {
    const server = await serve({
      script: [
        '429-soon',
        '500',
        'close',
        'html',
        'close-in-body',
        'normal',
        'broken-json',
        'other-json',
        'hang',
        'error-in-200',
        '503',
        'event-stream',
        'normal',
        'empty',
      ],
    });
    const { run } = await bench.run(
      await recipeWith('moody', server, { tasks: [task], endpoint: { timeoutSeconds: 1 } }),
    );
    await expectSums(run);
    const { facts } = synthesisOf(run);
    expect(facts).toMatchObject({ asked: 12, answered: 12, failed: 0, candidates: 12 });
    // Those that may have been paid and gave nothing: 500, two closed, HTML, three of wrong JSON or none, the hang.
    expect(facts?.['askedAgain']).toBe(8);
  });

  test('with one pause for all is left alone for so long', async () => {
    const server = await serve({ script: ['429'] });
    const began = Date.now();
    const { run } = await bench.run(await recipeWith('busy', server, { tasks: [task], endpoint: { concurrency: 1 } }));
    expect(synthesisOf(run).facts).toMatchObject({ answered: 12 });
    expect(synthesisOf(run).facts).not.toHaveProperty('askedAgain');
    expect((server.seen[1]?.at ?? 0) - began).toBeGreaterThanOrEqual(1000);
  });

  test('by refusing or cutting some replies loses those alone', async () => {
    const server = await serve({
      script: ['refusal', 'truncated', 'content-filter', 'tool-calls', 'filtered'],
    });
    const { run } = await bench.run(
      await recipeWith('partly', server, { tasks: [task], endpoint: { concurrency: 1 } }),
    );
    await expectSums(run);
    const { yield: counts } = await reportOf(run);
    expect(counts).toMatchObject({
      asked: 12,
      answered: 8,
      repaired: 1,
      failed: 4,
      failures: { 'was refused by the generator': 4 },
    });
    expect(server.seen).toHaveLength(13); // one repair
  });

  test('with a prompt that it cannot take loses that one alone', async () => {
    const server = await serve({ script: ['400'] });
    const { run } = await bench.run(await recipeWith('one', server, { tasks: [task], endpoint: { concurrency: 1 } }));
    await expectSums(run);
    expect(synthesisOf(run).facts).toMatchObject({ asked: 12, answered: 11, failed: 1 });
  });

  test('by refusing everything ends the run in one sentence, before anything is tuned', async () => {
    const server = await serve({ afterwards: 'refusal' });
    const { id, handle } = await bench.start(await recipeWith('refused', server, { tasks: [task] }));
    const error = await failureOf(handle);
    expect([error.type, error.message]).toEqual([
      'NoUsableReply',
      'big gave no usable reply to any of 12 asks (12 times: was refused by the generator): try another model or other guidance, or take the task out of synthesize.tasks',
    ]);
    expect(server.seen).toHaveLength(12);
    expect((await bench.document(id)).steps.at(-1)).toMatchObject({ name: 'synthesize', status: 'failed' });
    expect(world.calls).toEqual([]);
  });

  test('with rubbish for each reply is asked for a repair once, and then the run ends', async () => {
    const server = await serve({ answer: () => 'Sorry, here is a poem instead.' });
    const { handle } = await bench.start(await recipeWith('poems', server, { tasks: [task] }));
    expect((await failureOf(handle)).message).toContain('12 times: the reply holds no JSON');
    expect(server.seen).toHaveLength(24);
    expectOnce(server);
  });

  test('with a wrong key ends the run at once', async () => {
    const server = await serve({ afterwards: '401' });
    const { handle } = await bench.start(await recipeWith('key', server, { tasks: [task] }));
    expect((await failureOf(handle)).type).toBe('KeyRefused');
  });

  test('for good ends the run in bounded time, with what to do; what was answered is kept', async () => {
    const server = await serve({ script: ['normal', 'normal', 'normal'], afterwards: '503' });
    const recipe = await recipeWith('down', server, { tasks: [task], endpoint: { concurrency: 1 } });
    const { id, handle } = await bench.start(recipe);
    const error = await failureOf(handle);
    expect(error.type).toBe('GeneratorUnavailable');
    expect(error.message).toMatch(/^the generator gave no usable answer to 9 of 12 asks in 2 tries: .* is busy \(503/);
    expect(error.message).toContain(`then \`anneal rerun ${id}\`: what was answered is kept`);
    const run = await bench.document(id);
    expect([run.status, run.steps.at(-1)?.status]).toEqual(['failed', 'failed']);
    const { port } = server;
    await server.close();
    const back = await serve({ port });
    const again = await bench.run(recipe);
    expect(synthesisOf(again.run).facts).toMatchObject({ asked: 12, answered: 12 });
    expect(back.seen).toHaveLength(9);
  });
});

test('a server that is not there ends the run in bounded time, and says so', async () => {
  const server = await serve();
  const recipe = await recipeWith('gone', server, {
    tasks: [{ strategy: 'self-instruct', generator: 'big', count: 3, perAsk: 1 }],
  });
  await server.close();
  const began = Date.now();
  const { id, handle } = await bench.start(recipe);
  expect((await failureOf(handle)).message).toBe(
    `the generator gave no usable answer to 3 of 3 asks in 2 tries: nothing listens at ${server.baseUrl}/chat/completions: start the server, or check the base URL. See to the server, then \`anneal rerun ${id}\`: what was answered is kept`,
  );
  expect(Date.now() - began).toBeLessThan(10_000);
  const events = await listEvents(bench.ledger, id);
  expect(events.filter(({ kind }) => kind === 'error').map(({ message }) => message.slice(0, 40))).toEqual(
    Array.from({ length: 2 }, () => '3 of 3 asks got no usable answer: nothin'),
  );
});

describe('a budget of tokens', () => {
  const task = { strategy: 'self-instruct', generator: 'big', count: 30, perAsk: 1 };
  const waits = async (id: string): Promise<string> => {
    for (let tries = 0; tries < 400; tries += 1) {
      const waiting = (await findRun(bench.ledger, id))?.waiting;
      if (typeof waiting === 'string') return waiting;
      await sleep(25);
    }
    throw new Error('it does not wait');
  };

  test('that is reached makes the run wait, and a larger one lets it go on from the same ask', async () => {
    const server = await serve();
    const { id, handle } = await bench.start(
      await recipeWith('budget', server, { tasks: [task], limits: { tokens: 1000 } }),
    );
    expect(await waits(id)).toMatch(
      /^the budget is reached: \d+ tokens spent, up to \d+ tokens for the next ask, 1000 tokens allowed$/,
    );
    const asked = server.seen.length;
    expect(asked).toBeGreaterThan(0);
    expect(asked).toBeLessThan(30);
    const details = await handle.query<string>('__temporal_workflow_metadata').catch(() => undefined);
    expect(JSON.stringify(details)).toContain('**waiting**: the budget is reached');
    await sleep(200);
    expect(server.seen).toHaveLength(asked);
    const raise = (budget: object): Promise<unknown> => handle.executeUpdate(raiseBudgetUpdate, { args: [budget] });
    const refused = (budget: object): Promise<string> =>
      raise(budget).then(
        () => 'taken',
        (error: Error) => (error.cause as Error).message,
      );
    expect(await refused({ tokens: 1000 })).toBe('its budget is 1000 tokens by now: give more than that, in all');
    expect(await refused({ usd: 5 })).toBe('nothing bounds its usd: raise tokens');
    expect(await refused({})).toBe('expected tokens');
    expect((await bench.document(id)).waiting).toBeDefined();
    expect(await raise({ tokens: 1200 })).toEqual({ tokens: 1200 });
    // Still too little for all: it goes on and waits again.
    for (let tries = 0; server.seen.length === asked && tries < 400; tries += 1) await sleep(25);
    expect(await waits(id)).toContain('1200 tokens allowed');
    expect(server.seen.length).toBeGreaterThan(asked);
    await raise({ tokens: 100_000 });
    await handle.result();
    const run = await bench.document(id);
    expect(run.waiting).toBeUndefined();
    await expectSums(run);
    expect(synthesisOf(run).facts).toMatchObject({ asked: 30, answered: 30, failed: 0, tokens: 30 * PAID });
    expect(server.seen).toHaveLength(30);
    expectOnce(server);
  });

  test('does not count what is held back for requests under way as spent', async () => {
    // Room for two estimates at a time and for all that is really spent.
    const server = await serve({ latencyMs: 5 });
    const { run } = await bench.run(await recipeWith('tight', server, { tasks: [task], limits: { tokens: 1800 } }));
    expect(synthesisOf(run).facts).toMatchObject({ answered: 30, tokens: 30 * PAID });
  });

  test('that is waited for can be given up', async () => {
    const server = await serve();
    const { id, handle } = await bench.start(
      await recipeWith('given-up', server, { tasks: [task], limits: { tokens: 400 } }),
    );
    await waits(id);
    await handle.cancel();
    await expect(handle.result()).rejects.toThrow('Workflow execution');
    const run = await bench.document(id);
    expect([run.status, run.waiting, run.steps.at(-1)?.status]).toEqual(['cancelled', undefined, 'cancelled']);
  });
});

describe('rows that are no examples to learn from', () => {
  test('are datasets of their own; a test set takes them only once a person has confirmed them', async () => {
    const server = await serve();
    const made = await recipeWith('apart', server, {
      tasks: [
        { strategy: 'contrastive', generator: 'big', count: 3 },
        { strategy: 'adversarial', generator: 'big', count: 4, attacks: ['typos'] },
        { strategy: 'ground-truth', generator: 'big', count: 5 },
      ],
    });
    const { run } = await bench.run(made);
    await expectSums(run);
    const { outputs, facts } = synthesisOf(run);
    expect(Object.keys(outputs).toSorted()).toEqual(['adversarial', 'drafts', 'page', 'preference', 'report']);
    expect(facts).toMatchObject({ inTraining: 0 });
    expect((await rowsOf(run, 'preference')).every(({ chosen, rejected }) => chosen && rejected)).toBe(true);
    const drafts = outputs['drafts'] as string;
    const judging = async (name: string, uri: string): Promise<Recipe> => {
      const recipe = await fakeRecipe(bench.folder, name);
      return { ...recipe, data: { ...recipe.data, test: { format: 'auto', uri } } };
    };
    const shelf = { ledger: bench.ledger, store: store() };
    const { handle } = await bench.start(await judging('unconfirmed', drafts));
    const error = await failureOf(handle);
    expect(error.type).toBe('UnconfirmedTestRows');
    expect(error.message).toContain('`anneal data confirm`');
    const confirmed = await confirmDataset(
      drafts,
      { name: 'asked', kind: 'eval', why: 'read them', actor: 'ann' },
      shelf,
    );
    expect(confirmed).toMatchObject({ ref: 'asked@v1', rows: 5 });
    const { output } = await bench.run(await judging('confirmed', 'asked@v1'));
    expect(output.verdict).not.toBeNull();
  });
});
