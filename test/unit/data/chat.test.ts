import { expect, test } from 'vitest';
import { canonicalText, isTestSide, toChat } from '../../../data/chat.ts';

const template = { system: 'You sort {{kind}}.', prompt: '{{text}}', completion: '{{label}}' };
const row = { kind: 'mail', text: 'Where is my parcel?', label: 'delivery' };

test('a row becomes a conversation', () => {
  expect(toChat(template, row)).toMatchObject({
    prompt: [
      { role: 'system', content: 'You sort mail.' },
      { role: 'user', content: 'Where is my parcel?' },
    ],
    completion: 'delivery',
  });
  expect(toChat({ prompt: '{{text}}', completion: '{{label}}' }, row).prompt).toEqual([
    { role: 'user', content: 'Where is my parcel?' },
  ]);
});

test('the ids of a row are the same on every machine and in every version', () => {
  const { id, promptId } = toChat(template, row);
  // printf 'system\0You sort mail.\1user\0Where is my parcel?' | sha256sum | cut -c 1-16
  expect(promptId).toBe('a2c8beae06d5fb16');
  // … with '\1assistant\0delivery' behind it
  expect(id).toBe('86b230d853849068');
});

test.each([
  ['white space', { text: ' Where  is\tmy\n\nparcel?\u00a0' }],
  ['columns that the template leaves out', { other: 7 }],
])('%s makes no other row', (_what, changed) => {
  expect(toChat(template, { ...row, ...changed }).id).toBe(toChat(template, row).id);
});

test('composed and decomposed letters are the same text', () => {
  expect(canonicalText('Cafe\u0301')).toBe(canonicalText('Caf\u00e9'));
  expect(toChat(template, { ...row, text: 'Cafe\u0301' }).promptId).toBe(
    toChat(template, { ...row, text: 'Caf\u00e9' }).promptId,
  );
});

test.each([
  ['another completion', { label: 'refund' }, { id: false, promptId: true }],
  ['another case', { label: 'Delivery' }, { id: false, promptId: true }],
  ['another prompt', { text: 'Where is my money?' }, { id: false, promptId: false }],
  ['another system text', { kind: 'calls' }, { id: false, promptId: false }],
])('%s makes another row', (_what, changed, same) => {
  const [before, after] = [toChat(template, row), toChat(template, { ...row, ...changed })];
  expect({ id: before.id === after.id, promptId: before.promptId === after.promptId }).toEqual(same);
});

test('a text does not change sides when it moves from the system text to the prompt', () => {
  const one = toChat({ system: 'a b', prompt: 'c', completion: 'd' }, {});
  const other = toChat({ system: 'a', prompt: 'b c', completion: 'd' }, {});
  expect(one.promptId).not.toBe(other.promptId);
});

test('the canonical text folds white space of every script', () => {
  expect(canonicalText('\ufeff a\u2028b\u3000c\r\n\td ')).toBe('a b c d');
});

test('a split keeps about the share that was asked for', () => {
  const ids = Array.from({ length: 20_000 }, (_, i) => toChat({ prompt: '{{n}}', completion: 'x' }, { n: i }).promptId);
  for (const share of [0.05, 0.2, 0.5, 0.9]) {
    const test = ids.filter((id) => isTestSide(id, share)).length / ids.length;
    // Four standard errors of a share of 20,000.
    expect(Math.abs(test - share)).toBeLessThan(4 * Math.sqrt((share * (1 - share)) / ids.length));
  }
});

test('a larger share keeps every row that a smaller one tested', () => {
  const ids = Array.from({ length: 500 }, (_, i) => toChat({ prompt: '{{n}}', completion: 'x' }, { n: i }).promptId);
  for (const id of ids.filter((id) => isTestSide(id, 0.2))) expect(isTestSide(id, 0.3)).toBe(true);
});

test('the ends of the hash fall on their sides', () => {
  expect(isTestSide('0000000000000000', 1e-9)).toBe(true);
  expect(isTestSide('ffffffffffffffff', 0.999999999)).toBe(false);
});
