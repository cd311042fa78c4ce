import { spawn, type ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openLedger } from '../../../../artifacts/ledger/open.ts';
import { spendingOf, type Spending } from '../../../../artifacts/ledger/replies.ts';
import { root } from '../../../../scripts/toolchain.js';
import { emptyFolder } from '../../support/folder.ts';
import { moduleUrl, runProgram, until } from '../../support/program.ts';

/** Asks so many questions, four at a time, and prints each answer. */
const worker = (folder: string, port: number, count: number): string => `
import { askOnce } from ${JSON.stringify(moduleUrl('activities/step/ask.ts'))};
import { openLedger } from ${JSON.stringify(moduleUrl('artifacts/ledger/open.ts'))};
import { createEndpointWriter } from ${JSON.stringify(moduleUrl('adapters/endpoint/writer.ts'))};
const ledger = await openLedger(${JSON.stringify(join(folder, 'ledger.db'))});
const writer = createEndpointWriter({
  baseUrl: 'http://127.0.0.1:${port}/v1', model: 'fake', timeoutMs: 5000, limits: { concurrency: 4 } });
const signal = new AbortController().signal;
await Promise.all(Array.from({ length: ${count} }, async (_, i) => {
  const request = { messages: [{ role: 'user', content: 'Question ' + i }], seed: i, temperature: 1, topP: 1, maxTokens: 50 };
  const { reply } = await askOnce({ ledger, writer, generator: 'big', key: 'k' + i, runId: 'r1', request,
    price: { inputPerMillion: 1, outputPerMillion: 1 }, signal, patience: { attempts: 20, pauseMs: 50, busyMs: 60000 } });
  console.log('answer ' + i + ': ' + reply.text);
}));
console.log('all done');
`;

interface Server {
  child: ChildProcess;
  port: number;
}

/** The fake endpoint in a process of its own. */
async function server(folder: string, ...args: string[]): Promise<Server> {
  const script = join(root, 'test', 'support', 'fake-endpoint.ts');
  const child = spawn(process.execPath, [script, '--log', join(folder, 'log.jsonl'), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text));
  await until(() => printed.includes('\n'), 'the server has printed its port');
  return { child, port: Number(printed.trim().split(' ')[1]) };
}

/** How many different questions were answered, and how many answers there were. */
function answers(folder: string): { questions: number; total: number } {
  const lines = readFileSync(join(folder, 'log.jsonl'), 'utf8').trim().split('\n');
  const digests = lines
    .map((line) => JSON.parse(line) as { event: string; digest: string })
    .filter(({ event }) => event === 'answered')
    .map(({ digest }) => digest);
  return { questions: new Set(digests).size, total: digests.length };
}

async function spending(folder: string): Promise<Spending> {
  const ledger = await openLedger(join(folder, 'ledger.db'));
  try {
    return await spendingOf(ledger, 'r1');
  } finally {
    await ledger.destroy();
  }
}

const COUNT = 12;

test('killed between any two lines, asks go on with no stored reply paid for again', { timeout: 60_000 }, async () => {
  const folder = emptyFolder();
  const { port } = await server(folder);
  const died = join(folder, 'died');
  const env = { ANNEAL_FAILPOINT: `ask.:${died}` };
  let deaths = 0;
  let ended = await runProgram(worker(folder, port, COUNT), env).ended;
  for (; ended.signal !== null; deaths += 1) ended = await runProgram(worker(folder, port, COUNT), env).ended;
  expect(ended.output).toContain('all done');
  expect(readdirSync(died).toSorted()).toEqual(['ask.intended', 'ask.replied', 'ask.settled', 'ask.stored']);
  expect(deaths).toBe(4);
  const { asks, answered, reasked } = await spending(folder);
  expect({ asks, answered }).toEqual({ asks: COUNT, answered: COUNT });
  // At most what was under way at each death was asked again, and each of these was counted.
  const { questions, total } = answers(folder);
  expect(questions).toBe(COUNT);
  expect(total - questions).toBeLessThanOrEqual(reasked);
  expect(reasked).toBeLessThanOrEqual(deaths * 4);
});

test('a server that is killed and started again in mid-run gives exact counts', { timeout: 60_000 }, async () => {
  const folder = emptyFolder();
  const first = await server(folder, '--latency', '60');
  const asking = runProgram(worker(folder, first.port, 30));
  await asking.prints('answer 9:');
  first.child.kill('SIGKILL');
  await server(folder, '--port', String(first.port), '--latency', '5');
  const { status, output } = await asking.ended;
  expect(status).toBe(0);
  expect(output.match(/^answer \d+: Answer/gm)).toHaveLength(30);
  const { asks, answered, reasked } = await spending(folder);
  expect({ asks, answered }).toEqual({ asks: 30, answered: 30 });
  const { questions, total } = answers(folder);
  expect(questions).toBe(30);
  expect(total - questions).toBeLessThanOrEqual(reasked);
  expect(reasked).toBeLessThanOrEqual(4);
});
