import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { digestOf, hexOf } from '../../artifacts/canonical.ts';
import { findByPrefix } from '../../artifacts/ledger/artifacts.ts';
import { versionNamed } from '../../artifacts/ledger/models.ts';
import { answersOf } from '../../activities/evaluation/answers.ts';
import { askOnce } from '../../activities/step/ask.ts';
import { makeContext } from '../../activities/step/context.ts';
import type { Deps } from '../../activities/step/deps.ts';
import { storeModel } from '../../activities/synthesis/generators.ts';
import { canonicalJson } from '../../configs/canonical-json.ts';
import type { Evaluate } from '../../configs/evaluate.ts';
import { terminal } from '../../configs/failure.ts';
import type { Google } from '../../configs/google.ts';
import { parseName } from '../../configs/names.ts';
import { RunOptions, type ArtifactRef } from '../../configs/refs.ts';
import { EndpointGenerator } from '../../configs/synthesis.ts';
import { writeLines } from '../../data/lines.ts';
import type { ScoringRow } from '../scoring/rows.ts';
import type { Question, Questions } from './questions.ts';

/** An answer with what is known of it. */
export interface Said {
  text: string | null;
  promptTokens?: number;
  completionTokens?: number;
  seconds?: number;
}

/** Who answers, or has answered. */
export interface Contender {
  /** As it was named. */
  name: string;
  /** Of the model, or of its answers. */
  digest: string;
  answers: ReadonlyMap<string, Said>;
}

/** What is needed to have a model answer. */
export interface Asking {
  deps: Deps;
  decoding: Evaluate['decoding'];
  batchSize: number;
  /** Where models at Google are asked, and what a vendor bills where the shipped table does not know. */
  google?: Google | undefined;
  price?: Evaluate['price'];
  /** Name of the variable that holds the key of an endpoint. */
  apiKey?: string;
  signal: AbortSignal;
}

/** Whether a target is a file of predictions. */
export const isPredictions = (target: string): boolean =>
  target === '-' || (existsSync(target) && statSync(target).isFile());

/** Whether a target is an endpoint: an address, then `#` and the name of a model. */
export const isEndpoint = (target: string): boolean => /^https?:\/\//.test(target);

/**
 * The answers of a file, matched to the questions by id, or line by line where the file has no ids.
 * @throws TerminalError `OtherRows` when it answers other rows.
 */
export function fromPredictions(name: string, rows: readonly ScoringRow[], { list }: Questions): Contender {
  const hasIds = rows.some(({ row }) => row?.['id'] !== undefined);
  const byId = new Map(rows.map((row) => [row.id, row]));
  const answers = new Map<string, Said>();
  for (const [i, question] of list.entries()) {
    const row = hasIds ? byId.get(question.id) : rows[i];
    if (!row) continue;
    if (row.references.length > 0 && canonicalJson(row.references) !== canonicalJson(question.references))
      throw terminal(
        'OtherRows',
        `${name} expects another answer to row ${question.id} than the test set: both sides have to be measured on the same rows`,
      );
    answers.set(question.id, saidIn(row));
  }
  if (answers.size !== list.length || rows.length !== list.length)
    throw terminal(
      'OtherRows',
      `${name} has ${rows.length} answers, ${answers.size} of them to the ${list.length} rows of the test set: both sides have to be measured on the same rows`,
    );
  const digest = digestOf([...answers].map(([id, said]) => `${canonicalJson([id, said.text])}\n`).join(''));
  return { name, digest, answers };
}

function saidIn({ prediction, row = {} }: ScoringRow): Said {
  const number = (key: string): number | undefined => (typeof row[key] === 'number' ? row[key] : undefined);
  const [promptTokens, completionTokens, seconds] = ['promptTokens', 'completionTokens', 'seconds'].map(number);
  return {
    text: prediction,
    ...(promptTokens === undefined ? {} : { promptTokens }),
    ...(completionTokens === undefined ? {} : { completionTokens }),
    ...(seconds === undefined ? {} : { seconds }),
  };
}

/** A model answers, here or at its vendor: `name@v3`, a digest, or a folder in Hugging Face format. */
export async function fromModel(target: string, questions: Questions, asking: Asking): Promise<Contender> {
  const { deps, decoding, batchSize, google, price, signal } = asking;
  const key = `compare-${hexOf(digestOf(`${target} ${questions.digest} ${canonicalJson(decoding)}`)).slice(0, 16)}`;
  const run = { id: key, options: RunOptions.parse({}) };
  const watch = { signal, progress: () => undefined };
  const first = makeContext(deps, { run, params: {}, inputs: {} }, `${key}/evaluate`, watch);
  try {
    const model = await modelNamed(target, deps, () => storeModel(first, target));
    const lines = writeLines(join(first.scratch, 'rows.jsonl'));
    for (const { test } of questions.list) lines.write(asked(test));
    lines.close();
    const prompts = await first.save('Dataset', { file: lines.path }, { rows: lines.count });
    const context = makeContext(deps, { run, params: {}, inputs: { candidate: model } }, `${key}/evaluate`, watch);
    const how = { decoding, batchSize, google, price };
    const { of, seconds } = await answersOf(context, 'candidate', { prompts, rows: lines.count, ...how });
    const answers = new Map<string, Said>();
    for (const [id, { text, promptTokens, completionTokens }] of of) {
      const time = seconds.get(id);
      answers.set(id, {
        text,
        ...(promptTokens === undefined ? {} : { promptTokens }),
        ...(completionTokens === undefined ? {} : { completionTokens }),
        ...(time === undefined ? {} : { seconds: time }),
      });
    }
    return { name: target, digest: model.digest, answers };
  } finally {
    await first.dispose();
  }
}

const asked = (test: Question['test']): NonNullable<Question['test']> => {
  if (!test) throw terminal('NoTestSet', 'a model can only answer a test set: give --test');
  return test;
};

async function modelNamed(target: string, { ledger }: Deps, take: () => Promise<ArtifactRef>): Promise<ArtifactRef> {
  const hex = target.replace(/^sha256:/, '').toLowerCase();
  if (!parseName(target) && /^[0-9a-f]{4,64}$/.test(hex)) {
    const [found, second] = (await findByPrefix(ledger, hex)).filter(({ type }) => type === 'Model');
    if (second) throw terminal('NoSuchModel', `"${target}" is the beginning of several digests: give more of it`);
    if (found) return { digest: found.digest, type: 'Model' };
  }
  const named = parseName(target);
  if (named && !(await versionNamed(ledger, named)))
    throw terminal(
      'NoSuchModel',
      `there is no ${target}: \`anneal models\` lists what there is, as name@v3 or name@champion`,
    );
  return take();
}

/** A server of the OpenAI protocol answers: `http://localhost:8000/v1#model`. Replies are kept, so none is paid twice. */
export async function fromEndpoint(target: string, questions: Questions, asking: Asking): Promise<Contender> {
  const { deps, decoding, apiKey, signal } = asking;
  const hash = target.indexOf('#');
  const [baseUrl, model] = hash < 0 ? [target, ''] : [target.slice(0, hash), target.slice(hash + 1)];
  const parsed = EndpointGenerator.safeParse({
    kind: 'endpoint',
    baseUrl,
    model,
    temperature: decoding.temperature,
    topP: decoding.topP,
    maxTokens: Math.max(16, decoding.maxTokens),
    ...(apiKey === undefined ? {} : { apiKey }),
  });
  if (!parsed.success || model === '')
    throw terminal(
      'NoSuchModel',
      `${baseUrl}: expected an address up to and with the version, then # and the name of a model, e.g. http://localhost:8000/v1#my-model`,
    );
  const settings = parsed.data;
  const kind = deps.writers['endpoint'];
  if (!kind) throw new Error('there is no kind of writer for endpoints');
  const writer = kind.create(settings, { run: 'compare' });
  const identity = canonicalJson({ ...(await writer.identity()), decoding });
  const answers = new Map<string, Said>();
  const ask = async ({ id, test }: Question): Promise<void> => {
    const { messages } = asked(test);
    const request = {
      messages,
      seed: decoding.seed,
      temperature: decoding.temperature,
      topP: decoding.topP,
      maxTokens: decoding.maxTokens,
    };
    const key = digestOf(canonicalJson({ identity, messages }));
    const { reply } = await askOnce({
      ledger: deps.ledger,
      writer,
      generator: model,
      key,
      runId: 'compare',
      request,
      price: kind.priceOf(settings),
      signal,
    });
    answers.set(id, {
      text: reply.finish === 'refused' ? (reply.refusal ?? '') : reply.text,
      promptTokens: reply.promptTokens,
      completionTokens: reply.completionTokens,
      seconds: reply.seconds,
    });
  };
  try {
    let next = 0;
    const lane = async (): Promise<void> => {
      for (let one = questions.list[next++]; one; one = questions.list[next++]) await ask(one);
    };
    await Promise.all(Array.from({ length: settings.concurrency }, lane));
  } finally {
    await writer.close?.();
  }
  return { name: target, digest: digestOf(identity), answers };
}
