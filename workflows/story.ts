import {
  ActivityFailure,
  ApplicationFailure,
  isCancellation,
  setCurrentDetails,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { StepResult } from '../configs/refs.ts';
import { SEARCH_ATTRIBUTES } from '../configs/search-attributes.ts';

/** What a person sees of a run in the Temporal UI: the steps so far as a table, and attributes to search by. */
export interface Story {
  /** Does a step and tells how it went. */
  step(name: string, work: () => Promise<StepResult>): Promise<StepResult>;
  /** Tells how something that is no step of the run goes; told again, it replaces what was told. */
  note(name: string, state: string, note: string): void;
  /** Tells that steps are not done, and why. */
  skip(names: readonly string[], reason: string): void;
  /** Tells what the run waits for; null: it goes on. */
  waiting(why: string | null): void;
  /** Sets the verdict that the run is searched by. */
  verdict(verdict: string): void;
}

interface Line {
  name: string;
  state: string;
  note: string;
}

/** The newest so many; a replay of years has more, and the server bounds the text. */
const LINES_SHOWN = 40;

/** Begins the story of a run. */
export function tellStory(title: string, attributes: { pipeline: string; model: string }): Story {
  const lines: Line[] = [];
  const started = Date.now();
  let waits: string | null = null;
  const tell = (): void => {
    const rows = lines.slice(-LINES_SHOWN).map(({ name, state, note }) => `| ${name} | ${state} | ${note} |`);
    setCurrentDetails(
      [
        `**${title}**`,
        '',
        '| step | state | |',
        '|---|---|---|',
        ...rows,
        ...(waits === null ? [] : ['', `**waiting**: ${waits}`]),
        '',
        `\`anneal show ${workflowInfo().workflowId}\``,
      ].join('\n'),
    );
  };
  upsertSearchAttributes([
    { key: SEARCH_ATTRIBUTES.pipeline, value: attributes.pipeline },
    { key: SEARCH_ATTRIBUTES.model, value: attributes.model },
  ]);
  return {
    step: async (name, work) => {
      const line: Line = { name, state: 'running', note: '' };
      lines.push(line);
      upsertSearchAttributes([{ key: SEARCH_ATTRIBUTES.stage, value: name }]);
      tell();
      const began = Date.now();
      try {
        const result = await work();
        line.state = result.cached ? 'cached' : 'done';
        line.note = [
          `${((Date.now() - began) / 1000).toFixed(1)} s`,
          ...Object.entries(result.facts)
            .filter(([key]) => key !== 'reason')
            .map(([key, value]) => `${key} ${short(value)}`),
        ].join(', ');
        return result;
      } catch (error) {
        line.state = isCancellation(error) ? 'cancelled' : 'failed';
        line.note = errorOf(error).message.replaceAll('|', '/').replaceAll('\n', ' ').slice(0, 300);
        throw error;
      } finally {
        tell();
      }
    },
    note: (name, state, note) => {
      const line = lines.find((one) => one.name === name);
      if (line) Object.assign(line, { state, note });
      else lines.push({ name, state, note });
      tell();
    },
    skip: (names, reason) => {
      for (const name of names) lines.push({ name, state: 'skipped', note: reason });
      tell();
    },
    waiting: (why) => {
      waits = why;
      tell();
    },
    verdict: (verdict) => {
      upsertSearchAttributes([{ key: SEARCH_ATTRIBUTES.verdict, value: verdict }]);
      lines.push({ name: 'end', state: verdict, note: `${((Date.now() - started) / 1000).toFixed(1)} s in all` });
      tell();
    },
  };
}

/** Kind and words of what ended a step, taken out of Temporal's wrapping. */
export function errorOf(error: unknown): { type: string; message: string } {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof ApplicationFailure) return { type: cause.type ?? 'Error', message: cause.message };
  return {
    type: cause instanceof Error ? cause.name : 'Error',
    message: cause instanceof Error ? cause.message : String(cause),
  };
}

const short = (value: string | number | boolean | null): string =>
  typeof value === 'number' && !Number.isInteger(value) ? value.toFixed(4) : String(value);
