import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Generator, Models, TuneOrder, Tuner } from '../../adapters/contracts.ts';
import { rowsIn } from '../../data/lines.ts';
import { answerOf, textOf, type Row, type TestRow } from '../../data/row.ts';

/** How a simulated model learns and forgets. */
export interface Learner {
  /** Rows of a class after which half of what can be learned of it is learned. */
  halfway: number;
  /** Best share of right answers. */
  ceiling: number;
  /** What is left of a class that a warm start does not train on, 0 to 1. */
  retention: number;
}

export const USUAL_LEARNER: Learner = { halfway: 20, ceiling: 0.95, retention: 0.4 };

/** What a model knows: rows learned, by class. */
interface Knowledge {
  rows: Record<string, number>;
}

const hex = '0'.repeat(64);
const PROMPT = /^about (?<name>\S+): /;

/** A row as the simulated models understand it: the class stands in the prompt, so that a wrong label shows. */
export const simulatedRow = (name: string, number: number | string, label = name): { q: string; a: string } => ({
  q: `about ${name}: message ${number}`,
  a: label,
});

/**
 * A trainer and a generator that follow a simple law, for what would take weeks: a model knows a class by the rows of it
 * that it was trained on, from the base model or its warm start; wrong labels take away twice what right ones give;
 * a class that a warm start does not train on is partly forgotten. Everything is deterministic.
 */
export function simulatedOutside(
  folder: string,
  { learner = USUAL_LEARNER, calls = [] }: { learner?: Learner; calls?: string[] } = {},
): { tuner: Tuner; generator: Generator; models: Models } {
  const base = join(folder, 'simulated-base');
  mkdirSync(base, { recursive: true });
  writeFileSync(join(base, 'config.json'), '{"model_type":"simulated"}');
  const orders = new Map<string, TuneOrder>();
  return {
    tuner: {
      identity: async () => ({ tuner: 'simulated' }),
      submit: async (key, order) => {
        calls.push(
          `tune ${order.start === undefined ? 'from base' : 'warm'} on ${readFileSync(order.train, 'utf8').trim().split('\n').length}`,
        );
        orders.set(key, order);
      },
      poll: async () => ({ state: 'succeeded' }),
      collect: async (key) => {
        const order = orders.get(key);
        if (!order) throw new Error(`no order ${key}`);
        const output = join(folder, 'simulated-jobs', key);
        mkdirSync(output, { recursive: true });
        writeFileSync(join(output, 'knowledge.json'), JSON.stringify(learn(order, learner)));
        return {
          folder: output,
          kind: 'adapter',
          steps: order.settings.iterations,
          finalLoss: 0.1,
          trainedTokens: 1000,
          droppedCount: 0,
          seconds: 1,
          chatTemplateSha256: hex,
          tokenizerSha256: hex,
          curve: [{ step: order.settings.iterations, loss: 0.1 }],
          device: 'simulated',
        };
      },
      cancel: async () => undefined,
      release: async (key) => {
        orders.delete(key);
        rmSync(join(folder, 'simulated-jobs', key), { recursive: true, force: true });
      },
      log: async () => '',
    },
    generator: {
      identity: async () => ({ generator: 'simulated' }),
      generate: async (key, { adapter, prompts }) => {
        const knowledge = adapter === undefined ? { rows: {} } : readKnowledge(adapter);
        const noise = createHash('sha256').update(JSON.stringify(knowledge)).digest('hex').slice(0, 8);
        const output = join(folder, 'simulated-jobs', key);
        mkdirSync(output, { recursive: true });
        const lines = [...rowsIn<TestRow>(prompts)].map((row) => {
          const name =
            PROMPT.exec(textOf(row.messages.at(-1) ?? { role: 'user', content: '' }))?.groups?.['name'] ?? '';
          const share = shareOf(knowledge.rows[name] ?? 0, learner);
          // Mostly the row decides how hard it is, a little the model: as with real models, pairs are alike.
          const difficulty = 0.9 * unit(row.id) + 0.1 * unit(`${row.id} ${noise}`);
          return JSON.stringify({ id: row.id, text: difficulty < share ? name : 'something else' });
        });
        const predictions = join(output, 'predictions.jsonl');
        writeFileSync(predictions, `${lines.join('\n')}\n`);
        return {
          predictions,
          promptTokens: 1,
          completionTokens: 1,
          seconds: 1,
          chatTemplateSha256: hex,
          tokenizerSha256: hex,
        };
      },
    },
    models: { resolve: async () => ({ folder: base, files: ['config.json'] }) },
  };
}

const shareOf = (rows: number, { ceiling, halfway }: Learner): number => (ceiling * rows) / (rows + halfway);

function learn({ train, start }: TuneOrder, { retention }: Learner): Knowledge {
  const right: Record<string, number> = {};
  for (const row of rowsIn<Row>(train)) {
    const name = PROMPT.exec(textOf(row.messages[0] ?? { role: 'user', content: '' }))?.groups?.['name'] ?? '';
    right[name] = (right[name] ?? 0) + (answerOf(row) === name ? 1 : -2);
  }
  const before = start === undefined ? {} : readKnowledge(start).rows;
  const names = [...new Set([...Object.keys(before), ...Object.keys(right)])].toSorted();
  const rows = names.map((name) => {
    const kept = (before[name] ?? 0) * (right[name] === undefined ? retention : 1);
    return [name, Math.max(0, kept + (right[name] ?? 0))] as const;
  });
  return { rows: Object.fromEntries(rows) };
}

const readKnowledge = (folder: string): Knowledge =>
  JSON.parse(readFileSync(join(folder, 'knowledge.json'), 'utf8')) as Knowledge;

const unit = (text: string): number =>
  Number.parseInt(createHash('sha256').update(text).digest('hex').slice(0, 12), 16) / 2 ** 48;
