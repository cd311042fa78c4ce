import { expect, it } from 'vitest';
import { isNear } from '../../../../adapters/google/regions.ts';

it.each([
  ['US-CENTRAL1', 'us-central1', true],
  ['us-east1', 'us-central1', false],
  ['US', 'us-west4', true],
  ['US', 'europe-west4', false],
  ['EU', 'europe-west4', true],
  ['EU', 'europe-west2', false],
  ['ASIA', 'asia-southeast1', true],
  ['NAM4', 'us-central1', true],
  ['NAM4', 'us-west1', false],
  ['europe-west4', 'global', true],
])('a bucket in %s and a job in %s: %s', (location, job, near) => {
  expect(isNear({ location }, job)).toBe(near);
});

it('a bucket in two chosen regions is near to both', () => {
  const bucket = { location: 'EU', dataLocations: ['EUROPE-WEST2', 'EUROPE-WEST4'] };
  expect(['europe-west2', 'europe-west4'].map((job) => isNear(bucket, job))).toEqual([true, true]);
});
