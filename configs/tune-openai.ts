import { z } from 'zod';

const Auto = (name: z.ZodNumber, text: string) =>
  z
    .union([z.literal('auto'), name])
    .optional()
    .describe(text);

/** Settings of a job at a server of the OpenAI fine-tuning protocol. */
export const OpenAiTuning = z
  .strictObject({
    baseUrl: z
      .string()
      .regex(/^https?:\/\/[^\s@]+$/, 'expected an address such as http://127.0.0.1:8321/v1, without user or password')
      .default('https://api.openai.com/v1')
      .describe('Address of the server, default that of OpenAI, which takes no new jobs after 2027-01-06.'),
    apiKeyEnv: z
      .string()
      .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'expected the name of an environment variable')
      .default('OPENAI_API_KEY')
      .describe('Environment variable that holds the key, default OPENAI_API_KEY. The key never stands in a recipe.'),
    epochs: Auto(z.int().min(1).max(100), 'Times every row is learned, or auto. Default: auto.'),
    batchSize: Auto(z.int().min(1).max(1024), 'Rows a step, or auto. Default: auto.'),
    learningRateMultiplier: Auto(
      z.number().positive().max(100),
      'Factor on the learning rate, or auto. Default: auto.',
    ),
    beta: Auto(z.number().positive().max(10), 'objective preference: how close it stays to its base. Default: auto.'),
    suffix: z.string().min(1).max(64).optional().describe('Text in the name of the tuned model. Default: the line.'),
    validation: z
      .number()
      .gt(0)
      .max(0.5)
      .optional()
      .describe('Share of the training rows given as validation file. Default: that of tune.choose, else none.'),
    submitsPerMinute: z.int().min(1).max(10_000).default(60).describe('Most jobs ordered in a minute, default 60.'),
    callsPerMinute: z.int().min(1).max(100_000).default(600).describe('Most calls in a minute, default 600.'),
  })
  .describe('provider openai: where the server is, and settings of the job.');
export type OpenAiTuning = z.infer<typeof OpenAiTuning>;
