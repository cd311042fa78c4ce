import { expect, test } from 'vitest';
import { fileName, isBare, labelsOf, metadataOf, suffixOf } from '../../../../adapters/openai/labels.ts';
import { Job } from '../../../../adapters/openai/replies.ts';

const key = 'abcdef012345'.padEnd(40, '6');
const labels = {
  anneal_key: key,
  anneal_try: '2',
  anneal_run: 'r1',
  anneal_line: 'support-triage-of-the-second-floor',
};
const job = (fields: object): Job => Job.parse({ id: 'j', ...fields });

test('a suffix holds the line, a short key and the try in 40 characters, or a text of a person’s own in 64', () => {
  expect(suffixOf(undefined, labels)).toBe('support-triage-of-the--an-abcdef012345-2');
  expect(suffixOf(undefined, labels)).toHaveLength(40);
  const own = suffixOf('x'.repeat(64), labels);
  expect(own).toHaveLength(64);
  expect(own).toMatch(/x-an-abcdef012345-2$/);
});

test('metadata stays within what the protocol allows', () => {
  const many = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`name-${i}`.padEnd(70, 'x'), 'v'.repeat(600)]));
  const kept = Object.entries(metadataOf(many));
  expect(kept).toHaveLength(16);
  expect(kept.every(([name, value]) => name.length <= 64 && value.length <= 512)).toBe(true);
});

test('labels are read from metadata, else from suffix or name, else from the name of the training file', () => {
  expect(labelsOf(job({ metadata: labels }))).toEqual(labels);
  const short = { anneal_key: key, anneal_try: '2' };
  expect(labelsOf(job({ user_provided_suffix: 'triage-an-abcdef012345-2' }), key)).toEqual(short);
  expect(labelsOf(job({ suffix: 'an-abcdef012345-2' }), key)).toEqual(short);
  expect(labelsOf(job({ fine_tuned_model: 'ft:gpt-4.1:org:triage_an_ABCDEF012345_2:xyz' }), key)).toEqual(short);
  const file = fileName(key, 'f'.repeat(64));
  expect(labelsOf(job({ training_file: 'file-1' }), key, file)).toEqual({ anneal_key: key });
  expect(labelsOf(job({ training_file: 'file-1' }), undefined, file)).toEqual({ anneal_key: 'abcdef012345' });
});

test('another key, a longer run of digits and foreign metadata are not taken for ours', () => {
  expect(labelsOf(job({ suffix: 'an-abcdef012345-2' }), 'b'.repeat(40))['anneal_key']).toBe('abcdef012345');
  expect(labelsOf(job({ suffix: 'man-abcdef012345-2' }))).toEqual({});
  expect(labelsOf(job({ suffix: 'an-abcdef0123456-2' }))).toEqual({});
  expect(labelsOf(job({ metadata: { team: 'x', count: 3 } }))).toEqual({ team: 'x' });
});

test('a job that shows nothing at all is bare; one whose metadata is empty is not', () => {
  expect(isBare(job({ status: 'queued', training_file: null }))).toBe(true);
  expect(isBare(job({ status: 'queued', metadata: null }))).toBe(false);
  expect(isBare(job({ status: 'queued', training_file: 'file-1' }))).toBe(false);
});
