import { expect, test } from 'vitest';
import { limitsOf } from '../../../configs/limits.ts';

test('a model is found by its name, its version and its resource path', () => {
  const names = ['gemini-2.5-flash', 'gemini-2.5-flash-001', 'publishers/google/models/gemini-2.5-flash'];
  for (const name of [...names, `projects/p/locations/us-central1/${names[2]}`])
    expect(limitsOf(name)).toMatchObject({ vendor: 'vertex', maxTokens: 131_072, maxFileBytes: 2 ** 30 });
  expect(limitsOf('gpt-4.1-mini-2025-04-14')).toMatchObject({ vendor: 'openai', maxTokens: 65_536, minRows: 10 });
  expect(limitsOf('ft:gpt-4.1-2025-04-14:acme::abc')).toMatchObject({ vendor: 'openai' });
});

test('a folder or a Hugging Face name is trained here, up to tune.maxTokens', () => {
  expect(limitsOf('acme/tiny')).toMatchObject({ vendor: 'mlx' });
  expect(limitsOf('./base')).not.toHaveProperty('maxTokens');
});

test('nothing is made up for a model that is not in the table', () => {
  for (const name of ['gpt-4.10', 'gemini-3.5-flash', 'my-gpt-4.1', 'publishers/google/models/gemini-9', ''])
    expect(limitsOf(name), name).toBeUndefined();
});

test('each entry says where it is from and when', () => {
  for (const name of ['gemini-2.5-pro', 'gemini-2.5-flash-lite', 'gpt-4.1', 'gpt-4o-mini', 'a/b']) {
    const limits = limitsOf(name);
    expect(limits?.source.length).toBeGreaterThan(10);
    expect(limits?.checked).toMatch(/^\d{4}-\d{2}-\d{2}$/);
    expect(Object.keys(limits?.formats ?? {})).toEqual([...(limits?.methods ?? [])]);
  }
});
