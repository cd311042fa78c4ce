import { z } from 'zod';

/** What people and programs are told about. */
export const NOTICE_KINDS = ['waiting', 'expiring', 'promoted', 'rejected', 'failed', 'skipped'] as const;
export type NoticeKind = (typeof NOTICE_KINDS)[number];

const variable = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'expected the name of an environment variable');

const common = {
  on: z
    .array(z.enum(NOTICE_KINDS))
    .min(1)
    .default(['waiting', 'expiring', 'promoted', 'rejected', 'failed'])
    .describe('What is told, default everything but skipped.'),
  skips: z
    .int()
    .min(1)
    .max(10_000)
    .default(3)
    .describe('For skipped: told when so many runs in a row were skipped, default 3, and each time again.'),
};

const Terminal = z.strictObject({ to: z.literal('terminal'), ...common }).describe('Shown by the next command.');
const File = z
  .strictObject({
    to: z.literal('file'),
    path: z.string().min(1).describe('JSONL file that a line is added to, relative to the recipe.'),
    ...common,
  })
  .describe('A line of JSON in a file.');
const Webhook = z
  .strictObject({
    to: z.literal('webhook'),
    url: z.url({ protocol: /^https?$/ }).describe('Where it is posted as JSON. Never with a secret in it.'),
    secret: variable
      .optional()
      .describe('Name of the environment variable that holds the signing secret. Default: not signed.'),
    ...common,
  })
  .describe('A signed POST, sent again until it is taken.');
const Email = z
  .strictObject({
    to: z.literal('email'),
    host: z.string().min(1).describe('SMTP server.'),
    port: z.int().min(1).max(65_535).default(587).describe('Its port, default 587.'),
    tls: z
      .enum(['starttls', 'implicit', 'none'])
      .default('starttls')
      .describe('starttls (default), implicit (usual on port 465), or none, for a server on this machine.'),
    from: z.email().describe('Sender.'),
    recipients: z.array(z.email()).min(1).max(50).describe('Who gets it.'),
    user: variable.optional().describe('Name of the environment variable with the user. Default: no login.'),
    password: variable.optional().describe('Name of the environment variable with the password.'),
    ...common,
  })
  .describe('An e-mail by SMTP.');

export const Notify = z
  .array(z.discriminatedUnion('to', [Terminal, File, Webhook, Email]))
  .max(20)
  .describe('Who is told when a run waits, ends or is skipped. Default: nobody.');
export type Notify = z.infer<typeof Notify>;
export type NotifyTarget = Notify[number];
