import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { Ajv2020 } from 'ajv/dist/2020.js';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { readRow } from '../../../../data/formats/detect.ts';
import { EXPORTS, writeRow, writeRows, type ExportName } from '../../../../data/formats/export.ts';
import type { FormatOptions } from '../../../../data/formats/format.ts';
import { identify, type Content } from '../../../../data/row.ts';
import { emptyFolder } from '../../support/folder.ts';
import { anyContent } from './rows.ts';
import { lessLost } from './same.ts';

const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, strictRequired: false, strictTypes: false });
const schemas = import.meta.dirname.replace(/test.unit.data.formats$/, join('test', 'fixtures', 'formats'));
const schema = (name: string) =>
  ajv.compile(JSON.parse(readFileSync(join(schemas, `${name}.schema.json`), 'utf8')) as Record<string, unknown>);
const validators = {
  openai: schema('openai'),
  'openai-preference': schema('openai-preference'),
  vertex: schema('vertex'),
  'vertex-preference': schema('vertex-preference'),
  alpaca: schema('alpaca'),
  sharegpt: schema('sharegpt'),
  trl: schema('trl'),
};

const schemaOf = (format: Exclude<ExportName, 'parquet'>, { chosen }: Content) =>
  (format === 'openai' || format === 'vertex') && chosen ? validators[`${format}-preference`] : validators[format];

/** Losses that leave what a row says, and so its id, as it is. */
const OUTSIDE_IDENTITY: ReadonlySet<string> = new Set([
  'label',
  'columns',
  'origin',
  'feedback',
  'rating, comment or correction',
  'row weight',
  'message weight',
  'name',
]);

function expectSame(content: Content, read: unknown, lost: readonly string[], options: FormatOptions): void {
  const reading = readRow(read, 'auto', options);
  if ('reason' in reading) throw new Error(`${reading.reason}: ${JSON.stringify(read)}`);
  expect(lessLost(reading.content, lost)).toEqual(lessLost(content, lost));
  const id = identify(content, 0, 1).id;
  const isWhole = lost.every((what) => OUTSIDE_IDENTITY.has(what));
  expect(isWhole ? identify(reading.content, 0, 1).id : id).toBe(id);
}

const VENDORS = EXPORTS.filter((format) => format !== 'parquet');

test.for(VENDORS)('%s: what is written is read back, less what was reported lost', (format) => {
  let written = 0;
  fc.assert(
    fc.property(anyContent, (content) => {
      const { value, lost } = writeRow(content, format);
      expect(value ? 1 : lost.length).toBe(1);
      if (!value) return;
      written += 1;
      const hasLabel = content.label !== undefined && !lost.includes('label');
      expectSame(content, JSON.parse(JSON.stringify(value)), lost, hasLabel ? { label: 'label' } : {});
    }),
    { numRuns: 1500 },
  );
  expect(written).toBeGreaterThan(200);
});

test.for(VENDORS)('%s: what is written has the published shape', (format) => {
  fc.assert(
    fc.property(anyContent, (content) => {
      const { value } = writeRow(content, format);
      if (!value) return;
      const validate = schemaOf(format, content);
      const isValid = validate(JSON.parse(JSON.stringify(value)));
      expect(validate.errors ?? [], JSON.stringify(value)).toEqual([]);
      expect(isValid).toBe(true);
    }),
    { numRuns: 1000 },
  );
});

test('parquet: a file gives back what was written into it, and loses nothing of a conversation', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyContent, { minLength: 1, maxLength: 60 }), async (contents) => {
      const file = join(emptyFolder(), "it's.parquet");
      const kept = contents.filter((content) => writeRow(content, 'parquet').value);
      fc.pre(kept.length > 0);
      const rows = contents.map((content, index) => identify(content, 0, index + 1));
      const { written } = await writeRows(rows, 'parquet', file);
      expect(written).toBe(kept.length);
      const instance = await DuckDBInstance.create();
      const connection = await instance.connect();
      const reader = await connection.runAndReadAll(
        `SELECT to_json(t)::VARCHAR FROM '${file.replaceAll("'", "''")}' t`,
      );
      for (const [index, [json]] of reader.getRows().entries()) {
        const content = kept[index] as Content;
        const { lost } = writeRow(content, 'parquet');
        expect(content.feedback || content.document ? [] : lost).toEqual([]);
        expectSame(content, JSON.parse(String(json)), lost, {});
      }
      connection.closeSync();
      instance.closeSync();
    }),
    { numRuns: 8 },
  );
});

test('rows of our own are taken back without loss, their identity computed anew', () => {
  fc.assert(
    fc.property(anyContent, (content) => {
      const row = identify(content, 3, 7);
      const reading = readRow(JSON.parse(JSON.stringify(row)), 'auto');
      if ('reason' in reading) throw new Error(reading.reason);
      const again = identify(reading.content, 3, 7);
      expect(again).toEqual(JSON.parse(JSON.stringify(row)));
    }),
  );
});
