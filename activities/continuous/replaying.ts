import { ancestors, keptMeans, listSlices } from '../../artifacts/ledger/suite.ts';
import { lastWatermark } from '../../artifacts/ledger/watermark.ts';
import { terminal } from '../../configs/failure.ts';
import { msOf } from '../../configs/duration.ts';
import { breathing } from '../../data/lines.ts';
import type { Row } from '../../data/row.ts';
import type { Deps } from '../step/deps.ts';
import { dateOf } from './arrivals.ts';

/** What a replay of history asks of the ledger and the store. */
export interface Replaying {
  /** Champions of a line that were not yet asked every slice, oldest first, and the suite to ask them. */
  lineModels(line: {
    line: string;
    metric: string;
  }): Promise<{ models: { model: string; period: string }[]; suite: string | null }>;
  /** Cuts rows into periods of equal length by a date. @throws TerminalError `NoDates` where no row has one. */
  cutPeriods(cut: Cut): Promise<{ name: string; window: { column: string; from: string; to: string } }[]>;
}

export interface Cut {
  /** Dataset of the rows. */
  train: string;
  column: string;
  /** Length of a period, e.g. `1w`. */
  every: string;
  from?: string;
  to?: string;
}

/** Periods of one replay; more are a mistake in the column or the length. */
const MOST_PERIODS = 10_000;

export function createReplaying({ ledger, store }: Deps): Replaying {
  return {
    lineModels: async ({ line, metric }) => {
      const slices = (await listSlices(ledger, line)).map(({ slice }) => slice);
      const asked = new Set((await keptMeans(ledger, line, metric)).map(({ model, slice }) => `${model} ${slice}`));
      const models = (await ancestors(ledger, line)).filter(
        ({ model }) => !slices.every((slice) => asked.has(`${model} ${slice}`)),
      );
      return { models, suite: (await lastWatermark(ledger, line))?.suite ?? null };
    },
    cutPeriods: async ({ train, column, every, from, to }) => {
      let [first, last] = [from, to].map((date) => (date === undefined ? undefined : new Date(date).toISOString()));
      for await (const row of breathing<Row>(await store.path(train))) {
        const date = dateOf(row, column);
        if (date === undefined) continue;
        if (from === undefined && (first === undefined || date < first)) first = date;
        if (to === undefined && (last === undefined || date >= last))
          last = new Date(Date.parse(date) + 1).toISOString();
      }
      if (first === undefined || last === undefined)
        throw terminal('NoDates', `no row has a date in the column "${column}": name the column with --by-time`);
      const step = msOf(every);
      const count = Math.ceil((Date.parse(last) - Date.parse(first)) / step);
      if (count > MOST_PERIODS)
        throw terminal(
          'TooManyPeriods',
          `${count} periods of ${every} lie between ${first} and ${last}: make them longer`,
        );
      return Array.from({ length: count }, (_, i) => {
        const begins = new Date(Date.parse(first) + i * step).toISOString();
        const ends = new Date(Date.parse(first) + (i + 1) * step).toISOString();
        return { name: begins.slice(0, 16), window: { column, from: begins, to: ends } };
      });
    },
  };
}
