import { hash } from 'node:crypto';
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
  /** Rows of a class after which half of what it would lose is kept; default 0: one row keeps all of it. */
  refresh?: number;
  /** Rows of a class beyond which more teach nothing; default: there is no such number. */
  most?: number;
  /** Right rows that a row with a wrong label takes away, default 2. */
  wrong?: number;
  /** How much of what makes a row hard is the model's own, 0 to 1, default 0.1: the larger, the less two models agree. */
  luck?: number;
  /** By how much a training moves the share of right answers, whatever it was trained on; default: by nothing. A warm start keeps half of where its champion was moved. */
  training?: { mean: number; deviation: number };
}

export const USUAL_LEARNER: Learner = { halfway: 20, ceiling: 0.95, retention: 0.4 };

/** What a model knows: rows learned, by class, and where its trainings have moved it. */
export interface Knowledge {
  rows: Record<string, number>;
  shift?: number;
  /** What makes two models that know the same differ in single answers. */
  salt?: string;
}

const hex = '0'.repeat(64);
const KNOWLEDGE = 'knowledge.json';
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
        writeFileSync(join(output, KNOWLEDGE), JSON.stringify(learn(order, learner)));
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
        const own = hash('sha256', JSON.stringify(knowledge), 'hex').slice(0, 8);
        const luck = learner.luck ?? USUAL_LUCK;
        const output = join(folder, 'simulated-jobs', key);
        mkdirSync(output, { recursive: true });
        const lines = [...rowsIn<TestRow>(prompts)].map((row) => {
          const name =
            PROMPT.exec(textOf(row.messages.at(-1) ?? { role: 'user', content: '' }))?.groups?.['name'] ?? '';
          // Mostly the row decides how hard it is, a little the model: as with real models, pairs are alike.
          const difficulty = (1 - luck) * unit(row.id) + luck * unit(`${row.id} ${own}`);
          const isRight = difficulty < shareOf(knowledge, name, learner);
          return JSON.stringify({ id: row.id, text: isRight ? name : 'something else' });
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

const USUAL_LUCK = 0.1;

function shareOf({ rows, shift = 0 }: Knowledge, name: string, { ceiling, halfway }: Learner): number {
  const known = rows[name] ?? 0;
  return known === 0 ? 0 : Math.max(0, (ceiling * known) / (known + halfway) + shift);
}

/** The true share of right answers to questions of a class: what would be measured with endlessly many rows. */
export function trueShare(knowledge: Knowledge, name: string, learner: Learner): number {
  const { luck = USUAL_LUCK } = learner;
  const share = Math.min(1, shareOf(knowledge, name, learner));
  // Difficulty is the sum of two uniform numbers, (1 − luck) U + luck V.
  const [small, large] = [Math.min(luck, 1 - luck), Math.max(luck, 1 - luck)];
  if (share <= small) return small === 0 ? 0 : share ** 2 / (2 * small * large);
  return share <= large ? (share - small / 2) / large : 1 - (1 - share) ** 2 / (2 * small * large);
}

function learn({ train, start }: TuneOrder, learner: Learner): Knowledge {
  const { retention, refresh = 0, most = Infinity, wrong = 2, training } = learner;
  const right: Record<string, number> = {};
  const counts: Record<string, number> = {};
  for (const row of rowsIn<Row>(train)) {
    const name = classIn(row);
    right[name] = (right[name] ?? 0) + (isRight(row) ? 1 : -wrong);
    counts[name] = (counts[name] ?? 0) + 1;
  }
  const before: Knowledge = start === undefined ? { rows: {} } : readKnowledge(start);
  const names = [...new Set([...Object.keys(before.rows), ...Object.keys(right)])].toSorted();
  const rows = names.map((name) => {
    const fresh = counts[name] ?? 0;
    const lost = fresh === 0 ? 1 : refresh === 0 ? 0 : 2 ** (-fresh / refresh);
    const kept = (before.rows[name] ?? 0) * (1 - (1 - retention) * lost);
    return [name, Math.min(most, Math.max(0, kept + (right[name] ?? 0)))] as const;
  });
  const known = { rows: Object.fromEntries(rows) };
  if (!training) return known;
  const draw = hash('sha256', readFileSync(train), 'hex') + JSON.stringify(before);
  const normal = Math.sqrt(-2 * Math.log(1 - unit(`${draw} a`))) * Math.cos(2 * Math.PI * unit(`${draw} b`));
  const shift = (before.shift ?? 0) / 2 + training.mean + training.deviation * normal;
  return { ...known, shift, salt: hash('sha256', draw, 'hex').slice(0, 8) };
}

const classIn = (row: Row): string =>
  PROMPT.exec(textOf(row.messages[0] ?? { role: 'user', content: '' }))?.groups?.['name'] ?? '';

/** Whether a row has the label that its prompt asks for. */
export const isRight = (row: Row): boolean => answerOf(row) === classIn(row);

/** What the model in a folder knows. */
export const readKnowledge = (folder: string): Knowledge =>
  JSON.parse(readFileSync(join(folder, KNOWLEDGE), 'utf8')) as Knowledge;

const unit = (text: string): number => Number.parseInt(hash('sha256', text, 'hex').slice(0, 12), 16) / 2 ** 48;
