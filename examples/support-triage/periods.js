// Makes the three periods of the continuous example out of data/train.jsonl and data/test.jsonl:
//
//   node examples/support-triage/periods.js
//
// period-1 knows seven of the eight queues; in period-2 messages of the eighth come in; in period-3 the queues are
// shuffled among the messages, as after a broken join.

import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';

const NEW_QUEUE = 'subscription';
const place = new URL('data/', import.meta.url);
const rows = ['train.jsonl', 'test.jsonl'].flatMap((file) =>
  readFileSync(new URL(file, place), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line)),
);
const drawn = (text) => createHash('sha256').update(text).digest('hex');
const mixed = rows.toSorted((a, b) => (drawn(a.id) < drawn(b.id) ? -1 : 1));
const known = mixed.filter(({ queue }) => queue !== NEW_QUEUE);
const fresh = mixed.filter(({ queue }) => queue === NEW_QUEUE);
const third = Math.floor(known.length / 3);

const last = known.slice(2 * third);
const shuffled = last.map(({ queue }) => queue).toSorted((a, b) => (drawn(`${a} `) < drawn(`${b} `) ? -1 : 1));
// Every message gets the queue of one that stands a third of all messages further on, so that hardly any keeps its own.
const poisoned = last
  .toSorted((a, b) => (drawn(a.queue + ' ') < drawn(b.queue + ' ') ? -1 : 1))
  .map((row, i) => ({ ...row, queue: shuffled[(i + Math.floor(last.length / 3)) % last.length] }))
  .toSorted((a, b) => (drawn(a.id) < drawn(b.id) ? -1 : 1));

const periods = [known.slice(0, third), [...known.slice(third, 2 * third), ...fresh], poisoned];
mkdirSync(new URL('periods/', place), { recursive: true });
for (const [i, period] of periods.entries())
  writeFileSync(
    new URL(`periods/period-${i + 1}.jsonl`, place),
    period.map((row) => `${JSON.stringify(row)}\n`).join(''),
  );
