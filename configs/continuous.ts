import { z } from 'zod';
import { Duration } from './duration.ts';

/** How a line of models is tuned again and again as data come in. docs/continuous.md has the rules. */

const WarmStart = z
  .strictObject({
    from: z
      .enum(['champion', 'base'])
      .default('champion')
      .describe(
        'What training starts from, default champion: its adapter, with new data and a fresh schedule. base: from the base model every time, on all rows accepted so far.',
      ),
    iterations: z
      .int()
      .min(1)
      .max(10_000_000)
      .optional()
      .describe(
        'Optimizer steps of a warm start. Default: tune.iterations. Too high: forgets. Too low: learns nothing.',
      ),
    learningRate: z
      .number()
      .positive()
      .max(1)
      .optional()
      .describe('Peak step size of a warm start. Default: tune.learningRate. Too high: forgets.'),
    maxDepth: z
      .int()
      .min(1)
      .max(1000)
      .default(10)
      .describe(
        'Warm starts in a row before training goes back to the base model with all rows accepted so far, default 10. Too high: small losses add up. Too low: long trainings.',
      ),
    maxAge: Duration.optional().describe(
      'The same after so much time since the last training from the base model, e.g. 180d. Default: no limit.',
    ),
    maxLoss: z
      .number()
      .positive()
      .default(0.05)
      .describe(
        "The same when the champion's scores on the slices of earlier periods have fallen by so much in all, in units of the metric, default 0.05.",
      ),
  })
  .prefault({});

const Replay = z
  .strictObject({
    share: z
      .number()
      .min(0)
      .max(0.95)
      .default(0.3)
      .describe(
        'Share of the training rows that are rows of earlier periods, default 0.3. Too high: learns little of what is new. Too low: forgets.',
      ),
    policy: z
      .enum(['uniform', 'perClass', 'perPeriod', 'mostForgotten'])
      .default('perClass')
      .describe(
        'Which rows, default perClass: equally many of every class. uniform: any. perPeriod: equally many of every period. mostForgotten: more of the periods on which the champion has lost most.',
      ),
    maxRows: z
      .int()
      .min(1)
      .max(10_000_000)
      .default(100_000)
      .describe('Most rows of earlier periods in a training, from the base model included, default 100,000.'),
  })
  .prefault({});

const Forgetting = z
  .strictObject({
    margin: z
      .number()
      .positive()
      .default(0.1)
      .describe(
        'How much worse than the champion, and than every earlier champion, a candidate may be on the test slice of each earlier period, in units of gate.metric, default 0.1. Too high: harm passes. Too low: slices of few rows cannot prove it.',
      ),
    require: z
      .enum(['together', 'proof', 'noHarm'])
      .default('together')
      .describe(
        'What has to be proved, default together: on the slices of all earlier periods together no more than the margin is lost, and on none of them by itself more. proof: no more than the margin on every slice by itself, which takes slices of many rows, and more of them the longer the line. noHarm: it is enough that nothing worse is proved.',
      ),
  })
  .prefault({});

const Drift = z
  .strictObject({
    canary: z
      .string()
      .min(1)
      .optional()
      .describe(
        'File of frozen prompts with the answers that are right, in the form of the training rows; asked in every trial. Default: the waiting new rows alone.',
      ),
    rows: z
      .int()
      .min(20)
      .max(100_000)
      .default(200)
      .describe('Most of the waiting rows that the champion is asked in a trial, default 200.'),
    margin: z
      .number()
      .min(0)
      .default(0.05)
      .describe(
        'How much worse than on its own test slices the champion has to be proved, in units of gate.metric, for a trial to find harm, default 0.05. Too high: harm goes on. Too low: noise starts trainings.',
      ),
    debounce: Duration.default('1d').describe(
      'Least time between two trials, default 1d; triggers between are skipped.',
    ),
  })
  .prefault({});

const Bound = z
  .strictObject({
    usd: z.number().positive().optional().describe('Most US dollars.'),
    tokens: z.int().positive().optional().describe('Most tokens, trained and asked.'),
    trainerSeconds: z.number().positive().optional().describe('Most seconds of training.'),
  })
  .refine((bound) => Object.values(bound).some((value) => value !== undefined), {
    message: 'expected at least one of usd, tokens and trainerSeconds',
  });

const BudgetBounds = z
  .strictObject({
    run: Bound.optional().describe('For one run.'),
    line: Bound.optional().describe('For all runs of the line together.'),
    month: Bound.optional().describe('For all runs of the line in one calendar month (UTC).'),
  })
  .describe(
    'What may be spent; the expected cost of a training is reserved before it starts. Default: no bound. A run that would pass a bound waits for `anneal resume`; one that begins with nothing left is skipped.',
  );
export type BudgetBounds = z.infer<typeof BudgetBounds>;

export const Continuous = z
  .strictObject({
    minNewRows: z
      .int()
      .min(1)
      .default(50)
      .describe(
        'Fewest new rows for a training, default 50; with fewer the run is skipped and says so. Too high: late. Too low: trains on noise, and test slices prove nothing.',
      ),
    maxAge: Duration.optional().describe(
      'Trains with fewer new rows once the oldest of them has waited so long, e.g. 30d. Default: waits.',
    ),
    source: z
      .enum(['feed', 'snapshot'])
      .default('feed')
      .describe(
        'What data.train holds. feed (default): rows come, and old ones may be gone. snapshot: all rows that are valid; a row used earlier that is no longer there was withdrawn, and is never replayed again.',
      ),
    take: z
      .enum(['all', 'files'])
      .default('all')
      .describe(
        'How much a run takes, default all: every row that is new. files: the rows of the first files, in the order of their names, until there are minNewRows; the next run takes the next files.',
      ),
    time: z
      .string()
      .min(1)
      .optional()
      .describe('Column with the date of a row, to count late rows and for `backfill --by-time`. Default: none.'),
    onReject: z
      .enum(['consume', 'keep'])
      .default('consume')
      .describe(
        'What becomes of the new rows when the gate rejects. consume (default): they count as used, and no model learned them. keep: they are tried again with the next new ones.',
      ),
    onInconclusive: z
      .enum(['consume', 'keep'])
      .default('keep')
      .describe('The same when the gate is inconclusive, default keep.'),
    overlap: z
      .enum(['skip', 'queue', 'cancel'])
      .default('skip')
      .describe(
        'What a run does that finds another of its line at work. skip (default): it ends with that reason. queue: it waits. cancel: it stops the other.',
      ),
    priority: z
      .int()
      .min(0)
      .max(9)
      .default(5)
      .describe('Who trains first when several lines wait for the trainer: higher goes first, default 5.'),
    warmStart: WarmStart,
    replay: Replay,
    forgetting: Forgetting,
    drift: Drift,
    budget: BudgetBounds.optional(),
  })
  .describe('Tuning in periods, as new rows come in. Default: none; every run trains on all rows from the base model.');
export type Continuous = z.infer<typeof Continuous>;
