import { expect, test } from 'vitest';
import { artifactUri } from '../../../artifacts/address.ts';
import { digestOf } from '../../../artifacts/canonical.ts';

test.each([
  ['Dataset', 1, 'blobs'],
  ['Model', 3, 'trees'],
  ['Model', 1, 'trees'],
])('a %s of %i file(s) lies below %s/', (type, files, kind) => {
  const digest = digestOf('x');
  const hex = digest.slice('sha256:'.length);
  const expected = `gs://b/p/${kind}/${hex.slice(0, 2)}/${hex.slice(2)}`;
  expect(artifactUri('gs://b/p/', { digest, type, files })).toBe(expected);
});
