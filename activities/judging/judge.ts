import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { z } from 'zod';
import { canonicalJson } from '../../configs/canonical-json.ts';
import { Judges } from '../../configs/judges.ts';
import { paidSince } from '../../artifacts/ledger/replies.ts';
import type { Measure, Refs } from '../../configs/refs.ts';
import { writeLines } from '../../data/lines.ts';
import type { JudgeAsk, JudgeReply } from '../../evaluation/judges/asker.ts';
import { planJudging, readerOf, type Judging } from '../../evaluation/judges/judging.ts';
import type { JudgedItem, JudgeReport } from '../../evaluation/judges/report.ts';
import { mean } from '../../metrics/intervals.ts';
import type { StepContext } from '../step/context.ts';
import { defineStagedStep } from '../step/define.ts';
import type { Deps } from '../step/deps.ts';
import { inputsOf, kindOf, writerFor } from '../synthesis/generators.ts';
import type { NeededAsks } from '../synthesis/synthesize.ts';
import { identifyJudge } from './identity.ts';
import { judgedRows } from './judged-rows.ts';
import { repliesTo } from './replies.ts';

export const JudgeParams = z.strictObject({
  judges: Judges,
  /** Repeats beyond those that each judge has: more votes on the same answers. */
  votes: z.int().min(0).max(1000).default(0),
});
export type JudgeParams = z.infer<typeof JudgeParams>;
type Context = StepContext<JudgeParams>;

/** Role of a judge among the inputs of the step. */
export const judgeRole = (name: string): string => `judge.${name}`;

/**
 * Models judge both answers to every row. Called until all asks are answered; a reply that is there, of this run or
 * another, is not asked for again.
 *
 * Inputs: `test` (Dataset), `candidatePredictions` and `championPredictions` (JSONL with `id` and `text`); each judge
 * is noted as an input of its own, `judge.<name>`. Outputs: `scores` (Scores, one line a row) and `report` (JudgeReport).
 */
export function createJudge(deps: Deps) {
  return defineStagedStep<JudgeParams, NeededAsks>(deps, {
    name: 'judge',
    version: '1',
    params: JudgeParams,
    // What a judge says is in its artifact; what asking costs and how fast it goes changes nothing.
    keyed: ({ judges, votes }) => ({
      votes,
      judges: Object.fromEntries(
        Object.entries(judges).map(([name, { generator: _in, ...rest }]) => [
          name,
          {
            repeats: rest.repeats,
            calibration: rest.calibration,
            family: rest.family ?? null,
            expiresInDays: rest.expiresInDays,
          },
        ]),
      ),
    }),

    identity: async (context) => {
      const inputs: Refs = {};
      const parts: Record<string, string> = {};
      for (const [name, judge] of Object.entries(context.params.judges)) {
        const known = await identifyJudge(context, name, judge);
        parts[modelPart(name)] = known.model;
        Object.assign(inputs, known.inputs, { [judgeRole(name)]: known.ref });
      }
      return { inputs, parts };
    },

    advance: async (context) => {
      const judging = await judgingOf(context);
      const replies = new Map<string, JudgeReply>();
      for (;;) {
        const asks = await planAll(judging, replies);
        if (asks.length === 0) return conclude(context, judging, replies);
        const found = await repliesTo(context, asks);
        // Replies may be questions for more: all that can be asked at once is asked at once.
        if (found.size === 0) return { needed: await planOf(context, asks) };
        for (const [key, reply] of found) replies.set(key, reply);
      }
    },
  });
}

/** Rows that are looked at before the process may do something else, such as telling that it lives. */
const ROWS_AT_ONCE = 2000;

async function planAll(judging: Judging, replies: ReadonlyMap<string, JudgeReply>): Promise<JudgeAsk[]> {
  const asks = new Map<string, JudgeAsk>();
  for (let from = 0; from < judging.rows.length; from += ROWS_AT_ONCE) {
    const part = { ...judging, rows: judging.rows.slice(from, from + ROWS_AT_ONCE) };
    for (const ask of planJudging(part, replies)) if (!asks.has(ask.key)) asks.set(ask.key, ask);
    await setImmediate();
  }
  return [...asks.values()];
}

const modelPart = (name: string): string => `judge.${name}.model`;

async function judgingOf(context: Context): Promise<Judging> {
  const { judges, votes } = context.params;
  const parts = await context.identityParts();
  const inputs = await inputsOf(context.deps, context.executionId);
  const identities = new Map(
    Object.keys(judges).map((name) => [
      name,
      { model: parts.get(modelPart(name)) ?? '', digest: inputs[judgeRole(name)]?.digest ?? '' },
    ]),
  );
  return { judges, votes, identities, rows: await judgedRows(context) };
}

/** Batches at a time; how many requests leave at once is for each judge's own limits. */
const LANES = 4;

async function planOf(context: Context, asks: readonly JudgeAsk[]): Promise<NeededAsks> {
  const { deps, params } = context;
  const file = writeLines(join(context.scratch, 'plan.jsonl'));
  for (const ask of asks) file.write(ask);
  file.close();
  const { digest } = await context.save('JudgePlan', { file: file.path }, { asks: asks.length });
  const names = new Set(asks.map(({ ask }) => ask.generator));
  const takesAll = Object.entries(params.judges).some(
    ([name, { generator }]) => names.has(name) && kindOf(deps, generator)?.queue === 'train',
  );
  // One judge that takes the whole machine is enough.
  return { plan: digest, asks: asks.length, queue: takesAll ? 'train' : 'control', lanes: takesAll ? 1 : LANES };
}

async function conclude(context: Context, judging: Judging, replies: ReadonlyMap<string, JudgeReply>) {
  const reader = readerOf(judging, replies);
  const items: JudgedItem[] = [];
  const file = writeLines(join(context.scratch, 'scores.jsonl'));
  for (const row of judging.rows) {
    const item = reader.read(row);
    items.push(item);
    file.write(item);
    if (items.length % ROWS_AT_ONCE === 0) await setImmediate();
  }
  file.close();
  const report = reader.report(items);
  const outputs: Refs = {
    scores: await context.save('Scores', { file: file.path }, { items: items.length }),
    report: await context.save('JudgeReport', { text: canonicalJson(report) }),
  };
  await endServers(context);
  const all = Object.values(report.judges);
  const tokens = all.reduce((sum, one) => sum + one.tokens, 0);
  const cost = await paidSince(context.deps.ledger, context.executionId, Object.keys(context.params.judges));
  return {
    outputs,
    cost,
    metrics: items.length === 0 ? {} : measuresOf(items, report),
    facts: {
      judges: all.length,
      rows: items.length,
      unmeasured: all.reduce((sum, one) => sum + one.unmeasured, 0),
      tokens,
    },
  };
}

/** What is not measured counts as the worst, for both models alike. */
function measuresOf(items: readonly JudgedItem[], { judges }: JudgeReport): Record<string, Measure> {
  const of = (side: 'candidate' | 'champion', name: string): Measure =>
    mean(
      items.map((item) => item[side][name] ?? 0),
      [0, 1],
    );
  return Object.fromEntries(
    Object.keys(judges).flatMap((name) => [
      [name, of('candidate', name)],
      [`champion.${name}`, of('champion', name)],
    ]),
  );
}

/** Local servers have nothing more to do in this step. */
async function endServers(context: Context): Promise<void> {
  const { deps, params, run } = context;
  const inputs = await inputsOf(deps, context.executionId);
  for (const [name, { generator }] of Object.entries(params.judges)) {
    const { writer } = await writerFor(deps, name, generator, { run: run.id, inputs });
    await writer.close?.();
  }
}
