import { pastTrainings } from '../../artifacts/ledger/past-trainings.ts';
import type { Cost } from '../../artifacts/ledger/reservations.ts';
import type { Ledger } from '../../artifacts/ledger/open.ts';
import { terminal } from '../../configs/failure.ts';
import { trainingPrice } from '../../configs/prices.ts';
import type { Recipe } from '../../configs/recipe.ts';
import { rowsIn } from '../../data/lines.ts';
import { answerOf, textsOf, type Row } from '../../data/row.ts';
import { roughCounter } from '../../data/tokens/rough.ts';

/** Trainings of the line that are looked at; the dearest of them counts. */
const OWN = 3;
/** Trainings of other lines on the same base model that tell how long a token takes; the middle one counts. */
const OTHERS = 20;
/** Rows whose tokens are guessed. */
const SAMPLE = 500;

export interface TrainingToEstimate {
  line: string;
  /** Name of the base model. */
  base: string;
  settings: Recipe['tune'];
  /** File of the training rows; undefined: not known. */
  train: string | undefined;
  /** How many times each row is learned; undefined: `iterations` times `batchSize` rows are. */
  passes?: number | undefined;
}

/** Tokens and seconds that a training will take. Zero: nothing is known of it yet. */
export async function estimateTraining(
  ledger: Ledger,
  { line, base, settings, train, passes }: TrainingToEstimate,
): Promise<Omit<Cost, 'usd'>> {
  if (passes !== undefined) return { tokens: train === undefined ? 0 : allTokens(train, passes), trainerSeconds: 0 };
  const rows = settings.iterations * settings.batchSize;
  const own = await pastTrainings(ledger, OWN, { line });
  if (own.length > 0) {
    const scaled = own.map(({ iterations, batchSize, ...cost }) => {
      const times = rows / (iterations * batchSize);
      return { tokens: cost.tokens * times, seconds: cost.seconds * times };
    });
    return {
      tokens: Math.round(Math.max(...scaled.map(({ tokens }) => tokens))),
      trainerSeconds: Math.max(...scaled.map(({ seconds }) => seconds)),
    };
  }
  const tokens = train === undefined ? 0 : Math.round(tokensOfARow(train, settings) * rows);
  const others = (await pastTrainings(ledger, OTHERS, { base })).filter((past) => past.tokens > 0);
  const paces = others.map((past) => past.seconds / past.tokens).toSorted((a, b) => a - b);
  return { tokens, trainerSeconds: tokens * (paces[Math.floor(paces.length / 2)] ?? 0) };
}

/**
 * What trained tokens cost, in US dollars.
 * @throws TerminalError `UnknownPrice` where money is bounded and the price is not known.
 */
export function trainingUsd(
  tokens: number,
  of: { base: string; settings: Recipe['tune']; isHere: boolean; isBounded: boolean },
): number {
  const { base, settings, isHere, isBounded } = of;
  try {
    return (tokens * trainingPrice({ model: base, given: settings.price, here: isHere }).training) / 1e6;
  } catch (error) {
    if (!isBounded) return 0;
    throw terminal('UnknownPrice', `the budget is in usd, and ${(error as Error).message}`, {}, error);
  }
}

/** A vendor bills every token of every row in every pass; guessed from characters, rather too many than too few. */
function allTokens(file: string, passes: number): number {
  const counter = roughCounter();
  let sum = 0;
  for (const row of rowsIn<Row>(file)) sum += counter.countLearned(row).high;
  return Math.round(sum * passes);
}

/** Mean of what is learned of the first rows, guessed from their characters. */
function tokensOfARow(file: string, { maskPrompt }: Pick<Recipe['tune'], 'maskPrompt'>): number {
  const counter = roughCounter();
  let [count, sum] = [0, 0];
  for (const row of rowsIn<Row>(file)) {
    if (count === SAMPLE) break;
    const { low, high } = counter.countText(maskPrompt ? answerOf(row) : textsOf(row).join('\n'));
    sum += (low + high) / 2;
    count += 1;
  }
  return count === 0 ? 0 : sum / count;
}
