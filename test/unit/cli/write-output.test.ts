import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeOutput } from '../../../cli/write-output.ts';
import { emptyFolder } from '../support/folder.ts';

test('a page is written with the folders before it; where that cannot be, the option is named', async () => {
  const folder = emptyFolder();
  const file = await writeOutput('--output', join(folder, 'pages', 'run.html'), '<p>');
  expect(readFileSync(file, 'utf8')).toBe('<p>');
  await expect(writeOutput('--output', join(file, 'in-a-file.html'), '<p>')).rejects.toThrow(
    /^--output: .*in-a-file\.html cannot be written \(.*\): name another file$/,
  );
  await expect(writeOutput('--html', folder, '<p>')).rejects.toThrow(/^--html: .* cannot be written \(EISDIR/);
});
