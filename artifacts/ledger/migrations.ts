import { sql, type Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Appended to, never edited: a ledger in use has run the earlier ones. */
export const migrations: Record<string, Migration> = {
  '0001-first': {
    async up(db: Kysely<unknown>): Promise<void> {
      await db.schema
        .createTable('runs')
        .addColumn('id', 'text', (c) => c.primaryKey())
        .addColumn('pipeline', 'text', (c) => c.notNull())
        .addColumn('model', 'text', (c) => c.notNull())
        .addColumn('recipe_json', 'text', (c) => c.notNull())
        .addColumn('options_json', 'text', (c) => c.notNull())
        .addColumn('workflow_id', 'text', (c) => c.notNull())
        .addColumn('temporal_run_id', 'text')
        .addColumn('status', 'text', (c) => c.notNull())
        .addColumn('verdict', 'text')
        .addColumn('model_ref', 'text')
        .addColumn('error_json', 'text')
        .addColumn('started_by', 'text', (c) => c.notNull())
        .addColumn('started_at', 'text', (c) => c.notNull())
        .addColumn('ended_at', 'text')
        .execute();
      await db.schema.createIndex('runs_by_start').on('runs').column('started_at').execute();
      await db.schema
        .createTable('executions')
        .addColumn('id', 'text', (c) => c.primaryKey())
        .addColumn('run_id', 'text', (c) => c.notNull())
        .addColumn('instance', 'text', (c) => c.notNull())
        .addColumn('step', 'text', (c) => c.notNull())
        .addColumn('step_version', 'text', (c) => c.notNull())
        .addColumn('cache_key', 'text')
        .addColumn('parts_json', 'text')
        .addColumn('status', 'text', (c) => c.notNull())
        .addColumn('attempt', 'integer', (c) => c.notNull())
        .addColumn('cached_from', 'text')
        .addColumn('reason', 'text')
        .addColumn('worker', 'text', (c) => c.notNull())
        .addColumn('job_json', 'text')
        .addColumn('progress_json', 'text')
        .addColumn('metrics_json', 'text', (c) => c.notNull())
        .addColumn('facts_json', 'text', (c) => c.notNull())
        .addColumn('cost_json', 'text', (c) => c.notNull())
        .addColumn('error_json', 'text')
        .addColumn('started_at', 'text', (c) => c.notNull())
        .addColumn('ended_at', 'text')
        .addUniqueConstraint('one_execution_per_instance', ['run_id', 'instance'])
        .execute();
      await db.schema.createIndex('executions_by_key').on('executions').columns(['cache_key', 'status']).execute();
      await db.schema.createIndex('executions_by_step').on('executions').columns(['step', 'started_at']).execute();
      await db.schema
        .createTable('edges')
        .addColumn('execution_id', 'text', (c) => c.notNull())
        .addColumn('direction', 'text', (c) => c.notNull())
        .addColumn('role', 'text', (c) => c.notNull())
        .addColumn('digest', 'text', (c) => c.notNull())
        .addPrimaryKeyConstraint('edges_pk', ['execution_id', 'direction', 'role'])
        .execute();
      await db.schema.createIndex('edges_by_digest').on('edges').columns(['digest', 'direction']).execute();
      await db.schema
        .createTable('artifacts')
        .addColumn('digest', 'text', (c) => c.primaryKey())
        .addColumn('type', 'text', (c) => c.notNull())
        .addColumn('bytes', 'integer', (c) => c.notNull())
        .addColumn('files', 'integer', (c) => c.notNull())
        .addColumn('meta_json', 'text', (c) => c.notNull())
        .addColumn('created_at', 'text', (c) => c.notNull())
        .execute();
      await db.schema
        .createTable('events')
        .addColumn('id', 'integer', (c) => c.primaryKey().autoIncrement())
        .addColumn('run_id', 'text', (c) => c.notNull())
        .addColumn('instance', 'text', (c) => c.notNull())
        .addColumn('at', 'text', (c) => c.notNull())
        .addColumn('kind', 'text', (c) => c.notNull())
        .addColumn('message', 'text', (c) => c.notNull())
        .execute();
      await db.schema.createIndex('events_by_run').on('events').columns(['run_id', 'id']).execute();
      await db.schema
        .createTable('versions')
        .addColumn('name', 'text', (c) => c.notNull())
        .addColumn('version', 'integer', (c) => c.notNull())
        .addColumn('digest', 'text', (c) => c.notNull())
        .addColumn('run_id', 'text', (c) => c.notNull())
        .addColumn('execution_id', 'text', (c) => c.notNull())
        .addColumn('verdict', 'text', (c) => c.notNull())
        .addColumn('card', 'text', (c) => c.notNull())
        .addColumn('created_at', 'text', (c) => c.notNull())
        .addPrimaryKeyConstraint('versions_pk', ['name', 'version'])
        .addUniqueConstraint('one_version_per_model', ['name', 'digest'])
        .execute();
      await db.schema
        .createTable('aliases')
        .addColumn('name', 'text', (c) => c.notNull())
        .addColumn('alias', 'text', (c) => c.notNull())
        .addColumn('version', 'integer', (c) => c.notNull())
        .addColumn('updated_at', 'text', (c) => c.notNull())
        .addPrimaryKeyConstraint('aliases_pk', ['name', 'alias'])
        .execute();
      await db.schema
        .createTable('audit')
        .addColumn('id', 'integer', (c) => c.primaryKey().autoIncrement())
        .addColumn('at', 'text', (c) => c.notNull())
        .addColumn('actor', 'text', (c) => c.notNull())
        .addColumn('action', 'text', (c) => c.notNull())
        .addColumn('name', 'text', (c) => c.notNull())
        .addColumn('alias', 'text')
        .addColumn('from_version', 'integer')
        .addColumn('to_version', 'integer')
        .addColumn('why', 'text', (c) => c.notNull())
        .addColumn('run_id', 'text')
        .execute();
    },
  },
  '0002-replies': {
    async up(db: Kysely<unknown>): Promise<void> {
      await db.schema
        .createTable('replies')
        .addColumn('key', 'text', (c) => c.primaryKey())
        .addColumn('run_id', 'text', (c) => c.notNull())
        .addColumn('generator', 'text', (c) => c.notNull())
        .addColumn('status', 'text', (c) => c.notNull())
        .addColumn('times_asked', 'integer', (c) => c.notNull())
        .addColumn('estimated_tokens', 'integer', (c) => c.notNull())
        .addColumn('estimated_usd', 'real')
        .addColumn('asked_at', 'text', (c) => c.notNull())
        .addColumn('answered_at', 'text')
        .addColumn('prompt_tokens', 'integer')
        .addColumn('completion_tokens', 'integer')
        .addColumn('usd', 'real')
        .addColumn('error', 'text')
        // Last, since it is long: columns behind it would be reached only by reading past it.
        .addColumn('reply_json', 'text')
        .execute();
      // Holds all that a run's spending is the sum of, which is asked for before every request.
      await db.schema
        .createIndex('replies_by_run')
        .on('replies')
        .columns([
          'run_id',
          'status',
          'times_asked',
          'estimated_tokens',
          'estimated_usd',
          'prompt_tokens',
          'completion_tokens',
          'usd',
        ])
        .execute();
    },
  },
  '0003-datasets': {
    async up(db: Kysely<unknown>): Promise<void> {
      await db.schema
        .createTable('datasets')
        .addColumn('name', 'text', (c) => c.notNull())
        .addColumn('version', 'integer', (c) => c.notNull())
        .addColumn('digest', 'text', (c) => c.notNull())
        .addColumn('kind', 'text', (c) => c.notNull())
        .addColumn('rows', 'integer', (c) => c.notNull())
        .addColumn('created_at', 'text', (c) => c.notNull())
        .addColumn('actor', 'text', (c) => c.notNull())
        .addColumn('run_id', 'text')
        .addPrimaryKeyConstraint('datasets_pk', ['name', 'version'])
        .addUniqueConstraint('one_version_per_dataset', ['name', 'digest'])
        .execute();
      await db.schema.createIndex('datasets_by_digest').on('datasets').column('digest').execute();
    },
  },
  '0004-waiting': {
    async up(db: Kysely<unknown>): Promise<void> {
      await db.schema.alterTable('runs').addColumn('waiting', 'text').execute();
    },
  },
  '0005-evaluation': {
    async up(db: Kysely<unknown>): Promise<void> {
      await db.schema
        .createTable('answers')
        .addColumn('key', 'text', (c) => c.primaryKey())
        .addColumn('predictions', 'text', (c) => c.notNull())
        .addColumn('timings', 'text')
        .addColumn('facts_json', 'text', (c) => c.notNull())
        .addColumn('run_id', 'text', (c) => c.notNull())
        .addColumn('created_at', 'text', (c) => c.notNull())
        .execute();
      await db.schema
        .createTable('looks')
        .addColumn('id', 'text', (c) => c.primaryKey())
        .addColumn('number', 'integer', (c) => c.notNull())
        .addColumn('test', 'text', (c) => c.notNull())
        .addColumn('rows', 'text', (c) => c.notNull())
        .addColumn('metrics', 'text', (c) => c.notNull())
        .addColumn('candidate', 'text', (c) => c.notNull())
        .addColumn('champion', 'text', (c) => c.notNull())
        .addColumn('looked_by', 'text', (c) => c.notNull())
        .addColumn('at', 'text', (c) => c.notNull())
        .addUniqueConstraint('one_look_a_number', ['test', 'rows', 'number'])
        .execute();
      // Gates of earlier versions looked at their test sets as well.
      await sql`
        INSERT INTO looks (id, number, test, rows, metrics, candidate, champion, looked_by, at)
        SELECT executions.id, row_number() OVER (PARTITION BY edges.digest ORDER BY executions.started_at, executions.id),
               edges.digest, 'main', '', '', '', executions.id, executions.started_at
        FROM executions JOIN edges ON edges.execution_id = executions.id
        WHERE executions.step = 'gate' AND executions.status = 'completed' AND executions.cached_from IS NULL
          AND edges.direction = 'in' AND edges.role = 'test'`.execute(db);
    },
  },
  '0006-judges': {
    async up(db: Kysely<unknown>): Promise<void> {
      await db.schema
        .createTable('calibrations')
        .addColumn('digest', 'text', (c) => c.primaryKey())
        .addColumn('judge', 'text', (c) => c.notNull())
        .addColumn('passed', 'integer', (c) => c.notNull())
        .addColumn('n', 'integer', (c) => c.notNull())
        .addColumn('kappa', 'real')
        .addColumn('made_at', 'text', (c) => c.notNull())
        .addColumn('expires_at', 'text', (c) => c.notNull())
        .addColumn('actor', 'text', (c) => c.notNull())
        .execute();
      await db.schema.createIndex('calibrations_by_judge').on('calibrations').columns(['judge', 'made_at']).execute();
      await db.schema
        .createTable('retired_judges')
        .addColumn('judge', 'text', (c) => c.primaryKey())
        .addColumn('at', 'text', (c) => c.notNull())
        .addColumn('actor', 'text', (c) => c.notNull())
        .addColumn('why', 'text', (c) => c.notNull())
        .execute();
    },
  },
  '0007-continuous': {
    async up(db: Kysely<unknown>): Promise<void> {
      await db.schema
        .alterTable('runs')
        .addColumn('kind', 'text', (c) => c.notNull().defaultTo('tune'))
        .execute();
      await db.schema
        .alterTable('runs')
        .addColumn('trigger', 'text', (c) => c.notNull().defaultTo('cli'))
        .execute();
      await db.schema.alterTable('runs').addColumn('reason', 'text').execute();
      await db.schema.alterTable('runs').addColumn('period', 'text').execute();
      await db.schema.createIndex('runs_by_pipeline').on('runs').columns(['pipeline', 'started_at']).execute();
      await db.schema.createIndex('runs_by_trigger').on('runs').columns(['trigger', 'started_at']).execute();
      await db.schema
        .createTable('lines')
        .addColumn('line', 'text', (c) => c.primaryKey())
        .addColumn('pending_since', 'text')
        .addColumn('pending_rows', 'integer', (c) => c.notNull().defaultTo(0))
        .addColumn('skips', 'integer', (c) => c.notNull().defaultTo(0))
        .addColumn('reanchor', 'text')
        .execute();
      await db.schema
        .createTable('watermarks')
        .addColumn('line', 'text', (c) => c.notNull())
        .addColumn('generation', 'integer', (c) => c.notNull())
        .addColumn('run_id', 'text', (c) => c.notNull())
        .addColumn('period', 'text', (c) => c.notNull())
        .addColumn('verdict', 'text')
        .addColumn('outcome', 'text', (c) => c.notNull())
        .addColumn('counts_json', 'text', (c) => c.notNull())
        .addColumn('train', 'text')
        .addColumn('suite', 'text')
        .addColumn('model', 'text')
        .addColumn('depth', 'integer')
        .addColumn('at', 'text', (c) => c.notNull())
        .addPrimaryKeyConstraint('watermarks_pk', ['line', 'generation'])
        .addUniqueConstraint('one_watermark_a_run', ['line', 'run_id'])
        .execute();
      // Millions of rows: no hidden row number beside the key, and hashes as bytes.
      await sql`
        CREATE TABLE consumed (
          line TEXT NOT NULL, row BLOB NOT NULL, key BLOB, generation INTEGER NOT NULL, state TEXT NOT NULL,
          PRIMARY KEY (line, row)
        ) WITHOUT ROWID`.execute(db);
      await sql`CREATE INDEX consumed_by_key ON consumed (line, key) WHERE key IS NOT NULL`.execute(db);
      // Few among the many, and asked for by every training.
      await sql`CREATE INDEX consumed_dropped ON consumed (line, row) WHERE state = 'w'`.execute(db);
      await db.schema
        .createTable('slices')
        .addColumn('line', 'text', (c) => c.notNull())
        .addColumn('slice', 'text', (c) => c.notNull())
        .addColumn('generation', 'integer', (c) => c.notNull())
        .addColumn('digest', 'text', (c) => c.notNull())
        .addColumn('n', 'integer', (c) => c.notNull())
        .addColumn('at', 'text', (c) => c.notNull())
        .addPrimaryKeyConstraint('slices_pk', ['line', 'slice'])
        .execute();
      await db.schema
        .createTable('matrix')
        .addColumn('line', 'text', (c) => c.notNull())
        .addColumn('model', 'text', (c) => c.notNull())
        .addColumn('slice', 'text', (c) => c.notNull())
        .addColumn('metric', 'text', (c) => c.notNull())
        .addColumn('n', 'integer', (c) => c.notNull())
        .addColumn('mean', 'real', (c) => c.notNull())
        .addColumn('scores', 'blob', (c) => c.notNull())
        .addColumn('run_id', 'text', (c) => c.notNull())
        .addColumn('at', 'text', (c) => c.notNull())
        .addPrimaryKeyConstraint('matrix_pk', ['line', 'metric', 'slice', 'model'])
        .execute();
      // Means of all models are read without their scores, which are a hundred times as large.
      await db.schema
        .createIndex('matrix_by_model')
        .on('matrix')
        .columns(['line', 'metric', 'model', 'slice', 'n', 'mean', 'run_id'])
        .execute();
      await db.schema
        .createTable('trials')
        .addColumn('run_id', 'text', (c) => c.primaryKey())
        .addColumn('line', 'text', (c) => c.notNull())
        .addColumn('outcome', 'text', (c) => c.notNull())
        .addColumn('digest', 'text', (c) => c.notNull())
        .addColumn('why', 'text', (c) => c.notNull())
        .addColumn('at', 'text', (c) => c.notNull())
        .execute();
      await db.schema.createIndex('trials_by_line').on('trials').columns(['line', 'at']).execute();
      await db.schema
        .createTable('frozen')
        .addColumn('name', 'text', (c) => c.primaryKey())
        .addColumn('reason', 'text', (c) => c.notNull())
        .addColumn('actor', 'text', (c) => c.notNull())
        .addColumn('at', 'text', (c) => c.notNull())
        .execute();
      await db.schema
        .createTable('leases')
        .addColumn('resource', 'text', (c) => c.primaryKey())
        .addColumn('holder', 'text', (c) => c.notNull())
        .addColumn('workflow_id', 'text', (c) => c.notNull())
        .addColumn('what', 'text', (c) => c.notNull())
        .addColumn('since', 'text', (c) => c.notNull())
        .addColumn('beat_at', 'text', (c) => c.notNull())
        .addColumn('ttl_seconds', 'integer')
        .execute();
      await db.schema
        .createTable('lease_waits')
        .addColumn('resource', 'text', (c) => c.notNull())
        .addColumn('run_id', 'text', (c) => c.notNull())
        .addColumn('priority', 'integer', (c) => c.notNull())
        .addColumn('since', 'text', (c) => c.notNull())
        .addColumn('asked_at', 'text', (c) => c.notNull())
        .addPrimaryKeyConstraint('lease_waits_pk', ['resource', 'run_id'])
        .execute();
      await db.schema
        .createTable('reservations')
        .addColumn('id', 'text', (c) => c.primaryKey())
        .addColumn('run_id', 'text', (c) => c.notNull())
        .addColumn('line', 'text', (c) => c.notNull())
        .addColumn('month', 'text', (c) => c.notNull())
        .addColumn('status', 'text', (c) => c.notNull())
        .addColumn('usd', 'real', (c) => c.notNull())
        .addColumn('tokens', 'integer', (c) => c.notNull())
        .addColumn('trainer_seconds', 'real', (c) => c.notNull())
        .addColumn('at', 'text', (c) => c.notNull())
        .execute();
      await db.schema.createIndex('reservations_by_line').on('reservations').columns(['line', 'month']).execute();
      await db.schema
        .createTable('approvals')
        .addColumn('id', 'text', (c) => c.primaryKey())
        .addColumn('run_id', 'text', (c) => c.notNull())
        .addColumn('line', 'text', (c) => c.notNull())
        .addColumn('model', 'text', (c) => c.notNull())
        .addColumn('evidence', 'text', (c) => c.notNull())
        .addColumn('evidence_json', 'text', (c) => c.notNull())
        .addColumn('status', 'text', (c) => c.notNull())
        .addColumn('verdict', 'text', (c) => c.notNull())
        .addColumn('role', 'text')
        .addColumn('quorum', 'integer', (c) => c.notNull())
        .addColumn('requested_by', 'text', (c) => c.notNull())
        .addColumn('requested_at', 'text', (c) => c.notNull())
        .addColumn('expires_at', 'text', (c) => c.notNull())
        .addColumn('decided_at', 'text')
        .addColumn('why', 'text')
        .execute();
      await db.schema.createIndex('approvals_by_status').on('approvals').columns(['status', 'requested_at']).execute();
      await db.schema
        .createTable('decisions')
        .addColumn('approval', 'text', (c) => c.notNull())
        .addColumn('actor', 'text', (c) => c.notNull())
        .addColumn('decision', 'text', (c) => c.notNull())
        .addColumn('role', 'text')
        .addColumn('note', 'text')
        .addColumn('evidence', 'text', (c) => c.notNull())
        .addColumn('at', 'text', (c) => c.notNull())
        .addPrimaryKeyConstraint('decisions_pk', ['approval', 'actor'])
        .execute();
      await db.schema
        .createTable('schedules')
        .addColumn('name', 'text', (c) => c.primaryKey())
        .addColumn('pipeline', 'text', (c) => c.notNull())
        .addColumn('recipe_path', 'text', (c) => c.notNull())
        .addColumn('recipe_json', 'text', (c) => c.notNull())
        .addColumn('spec_json', 'text', (c) => c.notNull())
        .addColumn('created_at', 'text', (c) => c.notNull())
        .addColumn('updated_at', 'text', (c) => c.notNull())
        .addColumn('actor', 'text', (c) => c.notNull())
        .addColumn('told_json', 'text', (c) => c.notNull())
        .execute();
      await db.schema
        .createTable('notices')
        .addColumn('id', 'integer', (c) => c.primaryKey().autoIncrement())
        .addColumn('key', 'text', (c) => c.notNull().unique())
        .addColumn('at', 'text', (c) => c.notNull())
        .addColumn('kind', 'text', (c) => c.notNull())
        .addColumn('run_id', 'text')
        .addColumn('line', 'text', (c) => c.notNull())
        .addColumn('message', 'text', (c) => c.notNull())
        .addColumn('shown', 'integer', (c) => c.notNull().defaultTo(0))
        .execute();
      await db.schema
        .createTable('deliveries')
        .addColumn('key', 'text', (c) => c.primaryKey())
        .addColumn('run_id', 'text')
        .addColumn('target', 'text', (c) => c.notNull())
        .addColumn('at', 'text', (c) => c.notNull())
        .execute();
    },
  },
  '0008-remote': {
    async up(db) {
      await db.schema.alterTable('artifacts').addColumn('store', 'text').execute();
      await db.schema
        .createTable('remote_jobs')
        .addColumn('label', 'text', (c) => c.primaryKey())
        .addColumn('key', 'text', (c) => c.notNull())
        .addColumn('try', 'integer', (c) => c.notNull())
        .addColumn('provider', 'text', (c) => c.notNull())
        .addColumn('scope', 'text', (c) => c.notNull())
        .addColumn('settings_json', 'text', (c) => c.notNull())
        .addColumn('request_json', 'text')
        .addColumn('run_id', 'text', (c) => c.notNull())
        .addColumn('instance', 'text', (c) => c.notNull())
        .addColumn('line', 'text', (c) => c.notNull())
        .addColumn('state', 'text', (c) => c.notNull())
        .addColumn('vendor_state', 'text')
        .addColumn('name', 'text')
        .addColumn('url', 'text')
        .addColumn('adopted', 'integer', (c) => c.notNull().defaultTo(0))
        .addColumn('intent_at', 'text', (c) => c.notNull())
        .addColumn('sent_at', 'text')
        .addColumn('sent_by', 'text')
        .addColumn('created_at', 'text')
        .addColumn('state_at', 'text', (c) => c.notNull())
        .addColumn('progress_at', 'text', (c) => c.notNull())
        .addColumn('progress_json', 'text')
        .addColumn('polled_at', 'text')
        .addColumn('ended_at', 'text')
        .addColumn('estimate_usd', 'real')
        .addColumn('cost_usd', 'real')
        .addColumn('tokens', 'integer')
        .addColumn('error_json', 'text')
        .addColumn('decision', 'text')
        .addColumn('warned_at', 'text')
        .execute();
      await db.schema.createIndex('remote_jobs_by_key').on('remote_jobs').columns(['key', 'try']).unique().execute();
      await db.schema.createIndex('remote_jobs_by_state').on('remote_jobs').columns(['state', 'intent_at']).execute();
      await db.schema
        .createTable('job_claims')
        .addColumn('job_key', 'text', (c) => c.primaryKey())
        .addColumn('label', 'text', (c) => c.notNull())
        .addColumn('run_id', 'text', (c) => c.notNull())
        .addColumn('adopted', 'integer', (c) => c.notNull())
        .addColumn('at', 'text', (c) => c.notNull())
        .execute();
      await db.schema.createIndex('job_claims_by_label').on('job_claims').columns(['label']).execute();
      await db.schema
        .createTable('rates')
        .addColumn('id', 'integer', (c) => c.primaryKey().autoIncrement())
        .addColumn('scope', 'text', (c) => c.notNull())
        .addColumn('kind', 'text', (c) => c.notNull())
        .addColumn('at_ms', 'integer', (c) => c.notNull())
        .execute();
      await db.schema.createIndex('rates_by_time').on('rates').columns(['scope', 'kind', 'at_ms']).execute();
      await db.schema
        .createTable('mirrored')
        .addColumn('kind', 'text', (c) => c.notNull())
        .addColumn('key', 'text', (c) => c.notNull())
        .addColumn('digest', 'text', (c) => c.notNull())
        .addColumn('name', 'text', (c) => c.notNull())
        .addColumn('at', 'text', (c) => c.notNull())
        .addPrimaryKeyConstraint('mirrored_pk', ['kind', 'key'])
        .execute();
    },
  },
};
