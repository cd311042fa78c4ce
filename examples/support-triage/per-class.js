// How a run did on each class: `npx anneal show RUN --json | node examples/support-triage/per-class.js`.
// Run it where the state folder (.anneal, or ANNEAL_HOME) is.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { proportion } from '../../metrics/intervals.ts';

const home = process.env['ANNEAL_HOME'] ?? '.anneal';
const lines = (digest) => {
  const [, two, rest] = /^sha256:(..)(.+)$/.exec(digest);
  return readFileSync(join(home, 'store', 'blobs', two, rest), 'utf8')
    .trim()
    .split('\n')
    .map(JSON.parse);
};

const { steps } = JSON.parse(readFileSync(0, 'utf8'));
const { inputs, outputs } = steps.find(({ name }) => name === 'evaluate');
if (!outputs.candidatePredictions) {
  console.error('this run evaluated nothing, since nothing had changed: name an earlier one, from `anneal runs`');
  process.exit(2);
}
const answers = new Map(lines(outputs.candidatePredictions).map(({ id, text }) => [id, text.trim()]));
const rows = lines(inputs.test).map(({ id, reference }) => ({ reference, answer: answers.get(id) }));
const share = (some) => {
  const right = some.filter(({ reference, answer }) => reference === answer).length;
  const [low, high] = proportion(right, some.length).ci.map((end) => Math.round(100 * end));
  return { n: some.length, right, '95 %': `${low} to ${high} %` };
};
const measured = [...Map.groupBy(rows, ({ reference }) => reference)].map(([name, some]) => {
  const wrongly = rows.filter(({ reference, answer }) => answer === name && reference !== name).length;
  return [name, { ...share(some), 'said wrongly': wrongly }];
});
console.table(Object.fromEntries([...measured, ['all', share(rows)]]));
