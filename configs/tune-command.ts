import { z } from 'zod';

/**
 * A trainer that is not one of ours, by the contract in `docs/tuners.md`: a program on this machine (`run`), or
 * commands that hand a job to another machine and ask after it (`submit`, `poll`, `cancel`).
 */

const Words = z
  .array(
    z
      .string()
      .max(4096)
      .regex(/^[^\0]*$/, 'expected no NUL characters'),
  )
  .min(1)
  .max(200)
  .refine(([program]) => program !== '', 'expected the program first, found an empty text');

const MEANING = 'Program, then its arguments, one each; no shell reads them, so `*` and `$` are plain text.';
const PATHS =
  'A program with "/" in it, and any argument that begins with ./ or ../, starts from the folder of the recipe.';

export const CommandTuning = z
  .strictObject({
    run: Words.optional().describe(
      `A trainer on this machine, e.g. [python3, ./train.py]. ${MEANING} ${PATHS} It outlives the worker and is found again.`,
    ),
    submit: Words.optional().describe(
      `Hands the job to another machine and prints one JSON line {"name": "12345"}. ${MEANING} ${PATHS}`,
    ),
    poll: Words.optional().describe(
      'Prints one JSON line with the state of the job in ANNEAL_JOB_NAME, e.g. {"state": "running", "step": 10}. Needed with submit.',
    ),
    cancel: Words.optional().describe(
      'Stops the job in ANNEAL_JOB_NAME; one that has ended or is gone is no error. Needed with submit.',
    ),
    find: Words.optional().describe(
      'Prints {"jobs": [{"name", "label", "state"}]}: the jobs whose label begins with ANNEAL_JOB_LABEL, or all of Anneal when it is empty. Without it a submission whose answer was lost is never repeated: the run stops and asks you to look.',
    ),
    collect: Words.optional().describe(
      'Brings result.json and the output of an ended job into the job folder. Default: the trainer has written there itself, through a folder that both machines see.',
    ),
    env: z
      .array(
        z
          .string()
          .max(200)
          .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'expected the name of an environment variable, e.g. HF_TOKEN')
          .regex(/^(?!ANNEAL_)/, 'expected a name that does not begin with ANNEAL_: those are set for every command'),
      )
      .max(100)
      .default([])
      .describe(
        'Names of variables of the worker that the commands see beside PATH, HOME and LANG; values are never recorded. Default: none.',
      ),
    timeoutSeconds: z
      .int()
      .min(1)
      .max(3600)
      .default(60)
      .describe(
        'How long submit, poll, cancel, find or collect may take, default 60. Too high: a hanging command is noticed late. Too low: a slow answer counts as none.',
      ),
    serve: z
      .strictObject({
        baseUrl: z
          .string()
          .regex(/^https?:\/\/[^\s@]+$/, 'expected an address such as http://gpu-1:8000/v1, without user or password')
          .describe('Address of the server.'),
        apiKeyEnv: z
          .string()
          .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'expected the name of an environment variable')
          .optional()
          .describe('Environment variable that holds the key. Default: the server asks for none.'),
      })
      .optional()
      .describe(
        'A server of the OpenAI protocol that answers for the base model, where model.for.command names one that lies elsewhere. Default: the base lies on this machine.',
      ),
    version: z
      .string()
      .min(1)
      .max(200)
      .optional()
      .describe(
        'Name and version of the trainer in your words, e.g. "axolotl 0.13, torch 2.9". A change trains again, and so does a change of a file that a command names by path.',
      ),
  })
  .describe('A trainer of your own: a program on this machine, or commands for one elsewhere.');

/** Checked settings of the group `tune.command`. */
export type CommandTuning = z.infer<typeof CommandTuning>;

/** The commands among the settings, each a program with its arguments. */
export const COMMANDS = ['run', 'submit', 'poll', 'cancel', 'find', 'collect'] as const;
export type CommandName = (typeof COMMANDS)[number];

/** What must hold between the fields; takes whatever was written, right or wrong. */
export function crossCheckCommand(written: unknown): { path: string[]; message: string }[] {
  if (typeof written !== 'object' || written === null || Array.isArray(written)) return [];
  const has = (name: CommandName): boolean => Object.hasOwn(written, name);
  const remote = COMMANDS.filter((name) => name !== 'run' && has(name));
  if (has('run') && remote.length > 0)
    return [
      {
        path: [remote[0] as string],
        message:
          'expected either run (a trainer on this machine) or submit, poll and cancel (one elsewhere), found both: remove one',
      },
    ];
  if (has('run')) return [];
  const missing = (['submit', 'poll', 'cancel'] as const).filter((name) => !has(name));
  if (missing.length === 3)
    return [
      {
        path: [],
        message: 'missing: expected run (a trainer on this machine), or submit, poll and cancel (one elsewhere)',
      },
    ];
  return missing.map((name) => ({
    path: [name],
    message: `missing: a trainer elsewhere needs submit, poll and cancel; add ${name}`,
  }));
}
