import type { Recipe } from '../../../configs/recipe.ts';
import { promotionsOn } from '../../../artifacts/ledger/resting.ts';
import { nearest } from '../../../configs/nearest.ts';
import { plain } from '../../../configs/plain.ts';
import { formatProblem, readRecipe } from '../../../configs/recipe-file.ts';
import { BadLabels } from '../../../worker/judging/bad-labels.ts';
import { calibrateJudge, type CalibrationOrder } from '../../../worker/judging/calibrate.ts';
import { findHome } from '../../../worker/home.ts';
import { calibrationInWords } from '../../calibration-words.ts';
import { EXIT, UsageError } from '../../command.ts';
import { promotionTable } from '../../judges.ts';
import { paint, print, printJson, shortDigest, tell } from '../../output.ts';
import { readingOf } from '../../shelf.ts';
import { actor } from '../../state.ts';

interface Flags {
  judge: string;
  labels: string;
  predictions?: string;
  test?: string;
  minKappa?: string;
  json: boolean;
}

/** Compares a judge of a recipe with labels by people; 10 when it has not passed. */
export async function calibrate(flags: Flags, file: string): Promise<number> {
  const { recipe, problems } = readRecipe(file);
  if (!recipe) throw new UsageError(problems.map(formatProblem).join('\n'), problems);
  const minKappa = kappaIn(flags.minKappa);
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  const order: CalibrationOrder = {
    name: flags.judge,
    judge: judgeIn(recipe, flags.judge),
    labels: flags.labels,
    ...(flags.predictions === undefined ? {} : { predictions: flags.predictions }),
    ...(flags.test === undefined ? {} : { test: flags.test }),
    reading: readingOf({ recipe: file }),
    ...(minKappa === undefined ? {} : { bounds: { minKappa } }),
    actor: actor(),
    signal: stop.signal,
    progress: (done, asks) => {
      if (done % TELL_EVERY === 0) tell(`${done} of ${asks} replies are there`);
    },
  };
  // What talks to models takes a second to load.
  const deps = await (await import('../../../worker/main.ts')).localDeps(findHome());
  try {
    const found = await calibrateJudge(order, deps).catch((error: unknown) => {
      if (error instanceof BadLabels) throw new UsageError(error.message);
      throw error;
    });
    const { calibration, artifact, asked, tokens } = found;
    const promotions = calibration.passed ? [] : await promotionsOn(deps, calibration.judge);
    const reopen = promotions.length === 0 ? null : retireCommand(calibration.judge);
    if (flags.json) printJson({ ...calibration, artifact, asked, tokens, promotions, reopen });
    else {
      const colour = calibration.passed ? 'green' : 'yellow';
      print(`judge ${calibration.name} ${paint(colour, calibration.passed ? 'passed' : 'failed')}`);
      for (const sentence of calibrationInWords(calibration)) print(`  - ${plain(sentence)}`);
      print(`  ${asked} questions asked, ${tokens} tokens in all; kept as ${shortDigest(artifact)}`);
      if (reopen !== null) {
        print(`\n${promotions.length === 1 ? 'a promotion rests' : `${promotions.length} promotions rest`} on it`);
        print(promotionTable(promotions));
        print(`\nto have them looked at again without it\n  ${reopen}`);
      }
    }
    return calibration.passed ? EXIT.done : EXIT.reject;
  } finally {
    await deps.ledger.destroy();
  }
}

/** Replies between two signs of life. */
const TELL_EVERY = 100;

const retireCommand = (digest: string): string =>
  `anneal judge retire ${shortDigest(digest)} --why "failed its calibration"`;

function judgeIn({ evaluate }: Recipe, name: string): CalibrationOrder['judge'] {
  const judges = evaluate.judges ?? {};
  const found = Object.hasOwn(judges, name) ? judges[name] : undefined;
  if (found) return found;
  const known = Object.keys(judges);
  const near = nearest(name, known);
  throw new UsageError(
    known.length === 0
      ? `--judge ${name}: the recipe has no evaluate.judges: name a judge there first`
      : `--judge ${name}: the recipe has no judge of that name: ${near === undefined ? `it has ${known.join(', ')}` : `did you mean "${near}"?`}`,
  );
}

function kappaIn(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() !== '' && value >= -1 && value <= 1) return value;
  throw new UsageError(`--min-kappa: expected a number from -1 to 1, found "${text}"`);
}
