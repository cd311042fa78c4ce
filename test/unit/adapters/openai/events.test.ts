import { expect, test } from 'vitest';
import { curveOf, lossesIn, pointOf, progressOf } from '../../../../adapters/openai/events.ts';
import { JobEvent } from '../../../../adapters/openai/replies.ts';
import { pointsInCsv } from '../../../../adapters/openai/result-file.ts';

const event = (fields: object): JobEvent => JobEvent.parse(fields);

test('step and loss come from data, or else from words', () => {
  expect(pointOf(event({ data: { step: 4, train_loss: 0.5, total_steps: 10 } }))).toEqual({
    step: 4,
    steps: 10,
    loss: 0.5,
  });
  expect(pointOf(event({ message: 'Step 88/231: training loss=0.27' }))).toEqual({ step: 88, steps: 231, loss: 0.27 });
  expect(pointOf(event({ message: 'Fine-tuning job started', data: {} }))).toBeUndefined();
  expect(pointOf(event({ message: null, data: null }))).toBeUndefined();
});

test('progress is that of the furthest step, without a number of steps where nobody says it', () => {
  expect(
    progressOf([
      { step: 9, loss: 0.2 },
      { step: 3, steps: 20, loss: 0.9 },
    ]),
  ).toEqual({ step: 9, steps: 20, loss: 0.2 });
  expect(progressOf([{ step: 9 }])).toEqual({ step: 9, steps: 0 });
  expect(progressOf([])).toBeUndefined();
});

test('a curve has each step once, oldest first', () => {
  expect(curveOf([{ step: 2, loss: 0.5 }, { step: 1, loss: 1 }, { step: 2, loss: 0.4 }, { step: 3 }])).toEqual([
    { step: 1, loss: 1 },
    { step: 2, loss: 0.4 },
  ]);
});

test.each([
  ['3 examples were dropped: too long', { dropped: 3, truncated: 0 }],
  ['Skipped 1,204 training examples that failed moderation', { dropped: 1204, truncated: 0 }],
  ['2 rows have been truncated to 65536 tokens', { dropped: 0, truncated: 2 }],
  ['New fine-tuned model created', { dropped: 0, truncated: 0 }],
  ['Files validated, moving job to queued state. 30 examples.', { dropped: 0, truncated: 0 }],
])('%s', (message, counts) => {
  const events = [event({ id: 'a', message }), event({ id: 'a', message })];
  expect(lossesIn(events)).toMatchObject(counts);
});

test('reasons are one short line each, without secrets', () => {
  const { reasons } = lossesIn([
    event({ message: `1 row was dropped\n\u001b[31m sk-planted-secret ${'x'.repeat(900)}` }),
  ]);
  expect(reasons).toHaveLength(1);
  expect(reasons[0]).toMatch(/^1 row was dropped \[key\] x+…$/);
});

test('a result file is read plain and as base64', () => {
  const csv = 'step,train_loss,train_accuracy,valid_loss\n1,0.9,0.1,\n2,0.5,0.2,0.6\n,,,\n';
  const points = [
    { step: 1, loss: 0.9 },
    { step: 2, loss: 0.5 },
  ];
  expect(pointsInCsv(csv)).toEqual(points);
  expect(pointsInCsv(Buffer.from(csv).toString('base64'))).toEqual(points);
  expect(pointsInCsv('{"not":"csv"}')).toEqual([]);
  expect(pointsInCsv('')).toEqual([]);
});
