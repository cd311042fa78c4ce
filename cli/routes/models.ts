import { command, docs } from '../command.ts';
import { argument, flag, json, option, optional, RUN, tuple, who, why } from './parameters.ts';

export const models = command({
  docs: docs('List registered models with versions, aliases and verdicts', [
    ['models', 'every line of models'],
    ['models support-triage', 'one line, with its audit trail'],
  ]),
  parameters: { flags: { json }, positional: tuple(optional('name', 'Only this line, with its audit trail')) },
  load: async () => (await import('../commands/models.ts')).models,
});

export const promote = command({
  docs: docs(
    'Point an alias at a version, by hand',
    [
      [
        'promote support-triage@v3 --why "seen by the team"',
        'makes version 3 the champion and writes it into the audit',
      ],
      ['promote support-triage@v3 --expect v2', 'only if the champion is still version 2'],
    ],
    'Refused where the line is frozen, where the model is damaged or gone, and where the promotion was re-opened.',
  ),
  parameters: {
    flags: {
      alias: option('alias', 'Which alias, default champion'),
      expect: option('version', 'Version that the alias has to point to now, or "none"'),
      ...why,
      force: flag('Also one whose promotion was re-opened'),
      json,
    },
    positional: tuple(argument('name@vN', 'A version, e.g. support-triage@v3')),
  },
  load: async () => (await import('../commands/promote.ts')).promote,
});

export const rollback = command({
  docs: docs(
    'Point an alias back at an earlier champion',
    [
      [
        'rollback support-triage',
        'the champion becomes the last clean one before it; says what is passed over and why',
      ],
      ['rollback support-triage --to v2 --why "complaints"', 'or a version by its number'],
    ],
    'Passed over: versions that were rolled back from, whose promotion was re-opened, or whose model is damaged or gone.',
  ),
  parameters: {
    flags: {
      alias: option('alias', 'Which alias, default champion'),
      to: option('version', 'Version to go back to, e.g. v2; default: the last clean champion'),
      ...why,
      json,
    },
    positional: tuple(argument('name', 'Name of the line of models')),
  },
  load: async () => (await import('../commands/rollback.ts')).rollback,
});

export const freeze = command({
  docs: docs(
    'Keep the aliases of a line of models where they are',
    [['freeze support-triage --reason "release week"', 'nothing promotes or rolls back until it is unfrozen']],
    'Runs go on and register what they tune; they do not promote, and say so.',
  ),
  parameters: {
    flags: {
      reason: { kind: 'parsed', parse: String, brief: 'Why, for everybody who is refused', placeholder: 'text' },
      json,
    },
    positional: tuple(argument('name', 'Name of the line of models')),
  },
  load: async () => (await import('../commands/freeze.ts')).freeze,
});

export const unfreeze = command({
  docs: docs('Let the aliases of a line of models move again', [
    ['unfreeze support-triage', 'what was not promoted meanwhile is not promoted now: `anneal promote` does that'],
  ]),
  parameters: {
    flags: { reason: option('text', 'Reason, for the audit'), json },
    positional: tuple(argument('name', 'Name of the line of models')),
  },
  load: async () => (await import('../commands/freeze.ts')).unfreeze,
});

export const history = command({
  docs: docs(
    "Tell a model's life in lines, oldest first",
    [
      ['history support-triage', 'versions, promotions, rejections, skips, approvals, freezes, rollbacks'],
      ['history support-triage --json', 'every event by itself, with its numbers'],
    ],
    'Skipped runs between two other events are one line.',
  ),
  parameters: {
    flags: { limit: option('count', 'Only the newest so many, default 100 lines; with --json all events'), json },
    positional: tuple(argument('name', 'Name of the line of models')),
  },
  load: async () => (await import('../commands/history.ts')).history,
});

export const approvals = command({
  docs: docs(
    'List runs that wait for people to approve a model, with what the decision rests on',
    [
      ['approvals', 'gain with interval, evidence by digest, who has approved, and when it expires'],
      ['approvals --all --json', 'those that have ended as well, as JSON'],
    ],
    'A recipe asks people with `approve:`. The run waits for weeks at no cost, across restarts.',
  ),
  parameters: { flags: { all: flag('Also those that have ended, newest first'), json } },
  load: async () => (await import('../commands/approvals.ts')).approvals,
});

export const approve = command({
  docs: docs(
    'Approve the model that a run asks about',
    [
      ['approve RUN --note "read twenty answers"', 'as ANNEAL_USER, or the user of this system'],
      ['approve RUN --as ann --role model-owner', 'where the recipe asks for a role'],
    ],
    'The decision is bound to the evidence as `anneal approvals` shows it. Where something changed since (another champion, a damaged artifact, a retired judge, a frozen line) it is refused, with exit code 2.',
  ),
  parameters: {
    flags: { note: option('text', 'A note, for the audit'), ...who, json },
    positional: tuple(argument('run', RUN)),
  },
  load: async () => (await import('../commands/approve.ts')).approve,
});

export const reject = command({
  docs: docs('Reject the model that a run asks about; one rejection is enough', [
    ['reject RUN --reason "worse on refunds"', 'the champion stays, and the reason is in the audit'],
  ]),
  parameters: {
    flags: {
      reason: { kind: 'parsed', parse: String, brief: 'Why, for the audit', placeholder: 'text' },
      ...who,
      json,
    },
    positional: tuple(argument('run', RUN)),
  },
  load: async () => (await import('../commands/approve.ts')).reject,
});

export const line = command({
  docs: docs(
    'Show a line of continuous tuning: each model on each slice, and what each period came to',
    [
      ['line support-triage', 'the table model × slice, the champion over time, the periods'],
      ['line support-triage --html line.html', 'the same as a page with plots'],
    ],
    'A slice is the frozen test rows that an accepted period added. At most 40 models and slices are shown; --json has all.',
  ),
  parameters: {
    flags: {
      metric: option('metric', 'Another metric than the one that the gate decides by'),
      html: option('file', 'Write a page, too'),
      json,
    },
    positional: tuple(argument('name', 'Name of the line: that of its recipe')),
  },
  load: async () => (await import('../commands/line.ts')).line,
});
