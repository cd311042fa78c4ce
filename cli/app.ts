import { buildApplication, buildRouteMap, text_en } from '@stricli/core';
import { data } from './routes/data.ts';
import { compare, evaluate, gate, metrics, report } from './routes/evaluation.ts';
import { exports, step } from './routes/exports.ts';
import { jobs } from './routes/jobs.ts';
import { judge } from './routes/judges.ts';
import { doctor, down, gc, init, schema, status, sync, up, verify } from './routes/machine.ts';
import {
  approvals,
  approve,
  freeze,
  history,
  line,
  models,
  promote,
  reject,
  rollback,
  unfreeze,
} from './routes/models.ts';
import { rate } from './routes/rating.ts';
import {
  backfill,
  cache,
  cancel,
  check,
  lineage,
  logs,
  rerun,
  resume,
  run,
  runs,
  show,
  trigger,
} from './routes/runs.ts';
import { schedule } from './routes/schedules.ts';

const root = buildRouteMap({
  routes: {
    init,
    check,
    run,
    rerun,
    backfill,
    schedule,
    trigger,
    data,
    runs,
    show,
    logs,
    cancel,
    resume,
    jobs,
    cache,
    metrics,
    eval: evaluate,
    compare,
    gate,
    judge,
    report,
    rate,
    lineage,
    models,
    approvals,
    approve,
    reject,
    promote,
    rollback,
    freeze,
    unfreeze,
    history,
    line,
    up,
    down,
    status,
    verify,
    gc,
    sync,
    schema,
    export: exports,
    step,
    doctor,
  },
  docs: {
    brief: 'Keeps generative models tuned.',
    fullDescription: [
      'Keeps generative models tuned: data, tuning, an honest gate, registration and lineage, as durable workflows.',
      '',
      'EXAMPLES',
      '  anneal init my-model && anneal run my-model/recipe.yaml',
      '      from nothing to a gated, registered, traced model',
      '  anneal COMMAND --help',
      '      what a command does, with examples',
    ].join('\n'),
  },
});

export const app = buildApplication(root, {
  name: 'anneal',
  versionInfo: { currentVersion: '0.1.0' },
  scanner: { caseStyle: 'allow-kebab-for-camel' },
  documentation: { disableAnsiColor: process.env['NO_COLOR'] !== undefined },
  localization: { text: text_en },
});
