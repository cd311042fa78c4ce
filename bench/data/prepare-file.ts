import { PolicyList } from '../../configs/policies.ts';
import { takeIn } from '../../data/intake.ts';
import { prepareDatasets } from '../../data/preparation.ts';
import { findFiles } from '../../data/sources/find.ts';
import type { Row } from '../../data/row.ts';
import { SHORTEST_ANSWER } from './rows-to-prepare.ts';

/** The process that is measured: prepare-file.ts FILE FOLDER. Prints seconds, peak memory and rows as JSON. */
const [path = '', folder = ''] = process.argv.slice(2);

async function* rowsOf(): AsyncGenerator<Row[]> {
  const order = { uris: [path], format: 'auto', maxRowBytes: 1 << 20 } as const;
  for await (const { rows, bad } of takeIn(order, await findFiles([path]))) {
    if (bad[0]) throw new Error(`line ${bad[0].line} ${bad[0].reason}`);
    yield rows;
  }
}

const start = performance.now();
const { statistics } = await prepareDatasets({
  policies: PolicyList.parse([{ policy: 'dedupe' }, { policy: 'length', minAnswer: SHORTEST_ANSWER, action: 'drop' }]),
  train: rowsOf(),
  split: { test: 0.05 },
  evalSets: [],
  countTokens: 'not counted in a benchmark',
  maxTokens: 4096,
  seed: 1,
  folder,
});
const seconds = (performance.now() - start) / 1000;
console.log(
  JSON.stringify({
    seconds,
    // In KiB everywhere: Node evens out what systems count in.
    megabytes: process.resourceUsage().maxRSS / 1024,
    train: statistics.train.kept,
    test: statistics.test.kept,
    duplicates: statistics.train.duplicates,
  }),
);
