import { terminal, TerminalError } from '../../configs/failure.ts';
import { limitsOf, type Limits } from '../../configs/limits.ts';
import type { RemoteModel } from '../../configs/remote-model.ts';
import { openaiCounter } from '../../data/tokens/openai.ts';
import type { Row } from '../../data/row.ts';
import type { TuneOrder } from '../contracts.ts';
import { remoteModelAt } from '../remote/model-file.ts';
import { devShareOf, formedRows, objectiveOf, placeOf } from './rows.ts';
import { keyOf, type Server } from './server.ts';
import { openAiLimits } from './tokens.ts';

/** What OpenAI takes of any file, in bytes. */
const MAX_FILE_BYTES = 512 * 2 ** 20;

/** Base and, for a warm start, the tuned model that a job starts from. */
export interface Start {
  base: string;
  /** What the job is ordered with: the base, or the earlier tuned model. */
  model: string;
}

/** What a job starts from. @throws TerminalError `StartMismatch` when the earlier model is another server's or base's. */
export async function startOf(server: Server, { base, start }: Pick<TuneOrder, 'base' | 'start'>): Promise<Start> {
  const wanted = await remoteModelAt(base);
  if (wanted.provider !== 'openai')
    throw terminal(
      'NoModel',
      `${wanted.base} is a model of ${wanted.provider}: give model.for.openai the name of one that ${server.host} has`,
    );
  if (start === undefined) return { base: wanted.base, model: wanted.model };
  const earlier = await remoteModelAt(start);
  const why = mismatch(earlier, wanted, server);
  if (why === undefined) return { base: wanted.base, model: earlier.model };
  throw terminal('StartMismatch', `The model to start from ${why}, or train from the base model.`);
}

function mismatch(earlier: RemoteModel, wanted: RemoteModel, server: Server): string | undefined {
  if (earlier.provider !== 'openai')
    return `was tuned by ${earlier.provider}, which ${server.host} cannot go on from; tune with ${earlier.provider}`;
  if (earlier.baseUrl !== undefined && earlier.baseUrl !== server.baseUrl)
    return `lies at ${earlier.baseUrl}, this training asks ${server.baseUrl}; set tune.openai.baseUrl to ${earlier.baseUrl}`;
  if (earlier.base !== wanted.base)
    return `has the base ${earlier.base}, this training ${wanted.base}; set model.for.openai to ${earlier.base}`;
  return undefined;
}

/** Everything about an order that can be known to be wrong before anything is sent. @throws TerminalError */
export async function checkOrder(server: Server, order: TuneOrder): Promise<void> {
  keyOf(server);
  const { settings } = order;
  const { base } = await startOf(server, order);
  const limits = openAiLimits(base);
  const objective = objectiveOf(settings);
  if (server.isOpenAi && limitsOf(base)?.vendor === 'vertex')
    throw terminal(
      'NoModel',
      `${base} is Google's, and ${server.host} does not tune it: set tune.provider to vertex, or give model.for.openai`,
    );
  if (limits && !limits.methods.includes(objective))
    throw terminal(
      'BadMethod',
      `${base} can be tuned by ${limits.methods.join(' and ')} alone (OpenAI, ${limits.checked}), and tune.objective is ${objective}: change one of both`,
    );
  const found = await weigh(order, limits);
  const most = limits?.maxFileBytes ?? (server.isOpenAi ? MAX_FILE_BYTES : undefined);
  const figure = (value: number): string => value.toLocaleString('en-US');
  if (found.rows === 0) throw tolerated(found, 0) ?? terminal('BadData', 'there are no rows to train on');
  const refused = tolerated(found, settings.maxBadShare ?? 0);
  if (refused) throw refused;
  if (found.train === 0 || (found.devShare > 0 && found.dev === 0))
    throw terminal(
      'BadData',
      `holding out ${found.devShare} of ${found.rows} rows leaves none ${found.train === 0 ? 'to learn from' : 'to choose by'}: change tune.openai.validation (or tune.choose.dev), or bring more rows`,
    );
  if (limits?.minRows !== undefined && found.train < limits.minRows)
    throw terminal(
      'TooFewRows',
      `${base} takes at least ${limits.minRows} training rows (OpenAI, ${limits.checked}), and ${found.train} are left: bring more rows`,
      { rows: found.train },
    );
  for (const [what, bytes] of Object.entries(found.bytes))
    if (most !== undefined && bytes > most)
      throw terminal(
        'TooLarge',
        `the ${what} file would have ${figure(bytes)} bytes, and ${server.host} takes at most ${figure(most)}: train on fewer or shorter rows (data.policies)`,
        { bytes },
      );
}

interface Weighed {
  rows: number;
  train: number;
  dev: number;
  devShare: number;
  bytes: { training: number; validation: number };
  /** Rows that would not be trained on as they are: how many, and what is wrong with the first. */
  bad: { count: number; first?: string };
}

async function weigh({ train, settings }: TuneOrder, limits: Limits | undefined): Promise<Weighed> {
  const devShare = devShareOf(settings);
  const found: Weighed = {
    rows: 0,
    train: 0,
    dev: 0,
    devShare,
    bytes: { training: 0, validation: 0 },
    bad: { count: 0 },
  };
  const tooLong = lengthCheck(limits);
  for await (const formed of formedRows(train, { objective: objectiveOf(settings), devShare })) {
    found.rows += 1;
    const { value, isDev } = formed;
    const bytes = typeof value === 'string' ? 0 : Buffer.byteLength(JSON.stringify(value)) + 1;
    const why = typeof value === 'string' ? value : await tooLong(formed.row, bytes);
    if (why !== undefined) {
      found.bad.count += 1;
      found.bad.first ??= `${placeOf(formed)} ${why}`;
    }
    if (typeof value === 'string') continue;
    found[isDev ? 'dev' : 'train'] += 1;
    found.bytes[isDev ? 'validation' : 'training'] += bytes;
  }
  return found;
}

/** Says of a row what is wrong with its length; where the vendor gives no limit, nothing ever is. */
function lengthCheck(limits: Limits | undefined): (row: Row, bytes: number) => Promise<string | undefined> {
  const { maxTokens: max = Number.POSITIVE_INFINITY, longer } = limits ?? {};
  const figure = (value: number): string => value.toLocaleString('en-US');
  return async (row, bytes) => {
    // A token is a byte at least: nearly every row is known to be short without counting.
    const tokens = bytes <= max ? 0 : await tokensOf(row);
    if (tokens <= max) return undefined;
    const cut = longer === 'cut' ? '; its end would be cut off' : '';
    return `has ${figure(tokens)} tokens, more than the ${figure(max)} that the model reads${cut}: shorten it, or leave it out`;
  };
}

async function tokensOf(row: Row): Promise<number> {
  try {
    return (await openaiCounter('o200k_base')).countRow(row);
  } catch (error) {
    // Pictures: how long such a row is, only the vendor knows.
    if (error instanceof TerminalError) return 0;
    throw error;
  }
}

/** The error for more bad rows than are allowed. */
function tolerated({ rows, bad }: Weighed, share: number): Error | undefined {
  if (bad.count === 0 || bad.count / rows <= share) return undefined;
  const others = bad.count === 1 ? '' : `. ${bad.count} of ${rows} rows are like that`;
  return terminal(
    'BadData',
    `${bad.first ?? ''}${others}${share > 0 ? `, more than data.maxBadShare ${share} allows` : ''}`,
    {
      rows,
      bad: bad.count,
    },
  );
}
