import { refsOf } from '../../artifacts/ledger/executions.ts';
import { rowsIn } from '../../data/lines.ts';
import type { Row } from '../../data/row.ts';
import { isRight, readKnowledge, trueShare, type Knowledge } from '../../test/support/simulated.ts';
import type { Replayed } from '../../workflows/backfill.ts';
import type { Place } from './place.ts';
import type { World } from './worlds.ts';

/** What became of the true quality: the share of right answers, every class counting alike. */
export interface Truth {
  promotions: number;
  /** Promotions of models that are truly no better than the champion they replaced. */
  falsePromotions: number;
  /** The most that one of them cost in true quality. */
  worstPromotion: number;
  /** Of the first champion, and of the last, on the classes of the last week. */
  first: number;
  last: number;
  /** Mean over all weeks of the champion on the classes of its week. */
  average: number;
  /** Mean over the classes of what the last champion has lost against the best champion on that class. */
  forgotten: number;
  harm: Harm[];
  /** Training rows with a wrong label in periods that were accepted, and all that there were. */
  wrongRows: { learned: number; all: number };
}

/** What happened when labels were shuffled. */
export interface Harm {
  /** Week in which it began, from 1. */
  onset: number;
  /** 1: the first week of it was rejected; null: no week was before it ended. */
  delay: number | null;
  /** Weeks of it that were promoted and made the champion worse. */
  promoted: number;
}

/** Looks into the models of a replay. */
export async function truthOf(place: Place, world: World, replayed: readonly Replayed[]): Promise<Truth> {
  const champions: { week: number; knowledge: Knowledge }[] = [];
  const qualityIn = (week: number, knowledge: Knowledge): number =>
    mean(world.classesIn(week).map((name) => trueShare(knowledge, name, world.learner)));
  const changes: { week: number; change: number }[] = [];
  let sum = 0;
  for (const [week, { run, outcome }] of replayed.entries()) {
    const champion = champions.at(-1);
    if (outcome === 'promoted') {
      const knowledge = await knowledgeOf(place, run);
      if (champion) changes.push({ week, change: qualityIn(week, knowledge) - qualityIn(week, champion.knowledge) });
      champions.push({ week, knowledge });
    }
    const now = champions.at(-1);
    sum += now ? qualityIn(week, now.knowledge) : 0;
  }
  const end = replayed.length - 1;
  const [first, last] = [champions[0], champions.at(-1)].map((one) => (one ? qualityIn(end, one.knowledge) : 0));
  const lost = world.classesIn(end).map((name) => {
    const shares = champions.map(({ knowledge }) => trueShare(knowledge, name, world.learner));
    return Math.max(0, ...shares) - (shares.at(-1) ?? 0);
  });
  return {
    promotions: changes.length,
    falsePromotions: changes.filter(({ change }) => change <= 0).length,
    worstPromotion: Math.max(0, ...changes.map(({ change }) => -change)),
    first: first ?? 0,
    last: last ?? 0,
    average: sum / replayed.length,
    forgotten: mean(lost),
    harm: harmsIn(world, replayed, changes),
    wrongRows: await wrongRowsIn(place, replayed),
  };
}

/** Rows that were kept by an inconclusive verdict are tried again: wrong ones may be learned among good ones. */
async function wrongRowsIn({ ledger, store }: Place, replayed: readonly Replayed[]): Promise<Truth['wrongRows']> {
  const learned = new Set<string>();
  const all = new Set<string>();
  for (const { run, outcome } of replayed) {
    const { train } = await refsOf(ledger, `${run}/prepare`, 'out');
    if (!train) continue;
    for (const row of rowsIn<Row>(await store.path(train.digest))) {
      if (isRight(row)) continue;
      all.add(row.id);
      if (outcome === 'promoted') learned.add(row.id);
    }
  }
  return { learned: learned.size, all: all.size };
}

async function knowledgeOf({ ledger, store }: Place, run: string): Promise<Knowledge> {
  const { model } = await refsOf(ledger, `${run}/tune`, 'out');
  if (!model) throw new Error(`run ${run} has no model`);
  return readKnowledge(await store.path(model.digest));
}

function harmsIn(world: World, replayed: readonly Replayed[], changes: { week: number; change: number }[]): Harm[] {
  const harms: Harm[] = [];
  for (let week = 0; week < replayed.length; week += 1) {
    if (!world.isPoisoned(week) || world.isPoisoned(week - 1)) continue;
    let end = week;
    while (end < replayed.length && world.isPoisoned(end)) end += 1;
    const rejected = replayed.slice(week, end).findIndex(({ outcome }) => outcome === 'rejected');
    const promoted = changes.filter((one) => one.week >= week && one.week < end && one.change < 0).length;
    harms.push({ onset: week + 1, delay: rejected === -1 ? null : rejected + 1, promoted });
  }
  return harms;
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
