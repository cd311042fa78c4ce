import { z } from 'zod';
import { CommandTuning } from './tune-command.ts';
import { OpenAiTuning } from './tune-openai.ts';
import { VertexTuning } from './tune-vertex.ts';
import { Watchdog } from './watchdog.ts';

/** Tuners that take the name of a base model in a vendor's words. */
export const REMOTE_PROVIDERS = ['vertex', 'openai', 'command'] as const;
/** Who may train. */
export const PROVIDERS = ['mlx', ...REMOTE_PROVIDERS] as const;

const Lora = z.strictObject({
  rank: z
    .int()
    .min(1)
    .max(1024)
    .default(8)
    .describe(
      'Rank of the low-rank matrices, default 8. Too high: more memory, easier overfitting. Too low: cannot express what has to change.',
    ),
  scale: z
    .number()
    .positive()
    .default(20)
    .describe(
      'Factor on the adapter output (alpha / rank), default 20. Too high: training diverges. Too low: it learns slowly.',
    ),
  dropout: z
    .number()
    .min(0)
    .lt(1)
    .default(0)
    .describe(
      'Share of adapter inputs dropped in training, 0 to 1, default 0. Too high: underfits. Too low: overfits small data.',
    ),
  layers: z
    .int()
    .min(-1)
    .refine((layers) => layers !== 0, 'expected -1 for all layers, or 1 and more for the last ones')
    .default(-1)
    .describe('How many of the last layers get an adapter, default -1: all. Fewer: less memory, less capacity.'),
  keys: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe(
      'Names of the linear modules inside a layer that get an adapter, e.g. self_attn.q_proj. Default: every linear module.',
    ),
});

export const Tune = z
  .strictObject({
    provider: z
      .enum(PROVIDERS)
      .optional()
      .describe(
        'Who trains, default mlx: mlx-lm on this machine (Metal, CUDA or CPU). vertex: Vertex AI tunes a Gemini model. openai: a server of the OpenAI fine-tuning protocol. command: any trainer, through commands of yours (docs/tuners.md).',
      ),
    tuner: z.enum(PROVIDERS).optional().describe('Older name of tune.provider.'),
    objective: z
      .enum(['sft', 'preference'])
      .optional()
      .describe(
        'What is learned. sft, the default: to answer as the rows do. preference: to give the better of two answers (DPO), from rows that hold both; vertex, openai and command only.',
      ),
    vertex: VertexTuning.optional(),
    openai: OpenAiTuning.optional(),
    command: CommandTuning.optional(),
    watchdog: Watchdog.optional(),
    limits: z
      .strictObject({ usd: z.number().positive().describe('Most US dollars for the trainings of one run.') })
      .optional()
      .describe(
        'What the trainings of a run may cost. A run that reaches it waits for `anneal resume` before anything is ordered. Default: no bound.',
      ),
    method: z
      .enum(['lora', 'dora', 'full'])
      .default('lora')
      .describe('lora / dora: a small adapter beside a frozen base. full: all weights; needs far more memory.'),
    iterations: z
      .int()
      .min(1)
      .max(10_000_000)
      .default(200)
      .describe('Optimizer steps, default 200. Too high: overfits, costs time. Too low: has not learned yet.'),
    batchSize: z
      .int()
      .min(1)
      .max(4096)
      .default(8)
      .describe('Rows a step, default 8. Too high: out of memory. Too low: noisy steps.'),
    learningRate: z
      .number()
      .positive()
      .max(1)
      .default(1e-4)
      .describe(
        'Peak step size of AdamW, default 1e-4. Too high: loss becomes NaN or jumps. Too low: nothing changes.',
      ),
    schedule: z
      .enum(['constant', 'cosine', 'linear'])
      .default('constant')
      .describe('How the learning rate falls towards the end. Default: it does not.'),
    warmupSteps: z
      .int()
      .min(0)
      .default(0)
      .describe('Steps over which the learning rate rises from 0, default 0. Too high: the run ends before it learns.'),
    weightDecay: z
      .number()
      .min(0)
      .max(1)
      .default(0)
      .describe('AdamW weight decay, default 0. Too high: forgets what it learned.'),
    gradientClip: z
      .number()
      .positive()
      .optional()
      .describe('Largest gradient norm. Default: no limit. Too low: learns slowly.'),
    maxTokens: z
      .int()
      .min(8)
      .max(1_048_576)
      .default(512)
      .describe(
        'Longest row in tokens, default 512. Longer rows are left out and counted, never cut. Too high: memory. Too low: rows are lost.',
      ),
    maskPrompt: z.boolean().default(true).describe('Learn from the answer only, not from the prompt. Default true.'),
    seed: z.int().min(0).max(4_294_967_295).default(1).describe('Seed of everything random in training, default 1.'),
    checkpointEvery: z
      .int()
      .min(1)
      .default(50)
      .describe(
        'Steps between checkpoints, default 50. Too high: much is trained again after a crash. Too low: time goes to the disk.',
      ),
    choose: z
      .strictObject({
        checkpoint: z
          .enum(['last', 'best'])
          .default('last')
          .describe(
            'Which checkpoint becomes the candidate. last: the one after all steps. best: the one with the least loss on rows held out.',
          ),
        dev: z
          .number()
          .gt(0)
          .max(0.5)
          .default(0.1)
          .describe(
            'Share of the training rows held out for best, default 0.1. Too high: little is left to learn from. Too low: chance chooses.',
          ),
        on: z
          .string()
          .regex(
            /^dev$/,
            'expected dev: a checkpoint chosen on the test set would make every verdict on that set worthless',
          )
          .default('dev')
          .describe('Rows to choose by: dev, those held out of training. The test set is refused.'),
      })
      .describe('Which checkpoint of the training is taken.')
      .optional(),
    price: z
      .strictObject({
        training: z.number().min(0).describe('US dollars for a million trained tokens.'),
        input: z
          .number()
          .min(0)
          .optional()
          .describe('US dollars for a million tokens asked of its checkpoints, for choose.checkpoint best at vertex.'),
        output: z.number().min(0).optional().describe('US dollars for a million tokens that they answer.'),
      })
      .optional()
      .describe('What the tuner bills, where the shipped table does not know it. This machine sends no bill.'),
    lora: Lora.prefault({}),
  })
  .superRefine(({ provider, tuner }, context) => {
    if (provider === undefined || tuner === undefined || provider === tuner) return;
    const message = `expected one of provider and tuner, which are the same field (provider is ${provider}): remove tuner`;
    context.addIssue({ code: 'custom', path: ['tuner'], message });
  })
  .transform(({ provider, tuner, ...rest }) => ({ tuner: provider ?? tuner ?? ('mlx' as const), ...rest }))
  .prefault({});
