import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openSessions } from '../../../../adapters/google/storage/sessions.ts';
import { emptyFolder } from '../../support/folder.ts';

const GOOGLE = 'https://storage.googleapis.com/upload/storage/v1/b/b/o?upload_id=x';

test.each([
  [GOOGLE, GOOGLE],
  ['http://127.0.0.1:4443/upload', 'http://127.0.0.1:4443/upload'],
  // Asked with the credentials: a note that somebody left there must not take them elsewhere.
  ['https://googleapis.com.example.org/upload', undefined],
  ['http://storage.googleapis.com/upload', undefined],
])('an upload that a dead process began at %s goes on at %s', async (uri, found) => {
  const folder = emptyFolder();
  writeFileSync(join(folder, 'object.dead'), JSON.stringify({ uri, pid: 2 ** 30, born: 'long ago' }));
  expect(await openSessions(folder).find('object')).toBe(found);
});
