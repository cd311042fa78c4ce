import { expect, test } from 'vitest';
import { pagesOf, type Query } from '../../../../adapters/openai/pages.ts';

async function idsOf(answer: (query: Query) => unknown): Promise<{ ids: unknown[]; asked: Query[] }> {
  const asked: Query[] = [];
  const ids: unknown[] = [];
  const ask = async (query: Query): Promise<unknown> => {
    asked.push(query);
    return answer(query);
  };
  for await (const page of pagesOf(ask, { purpose: 'fine-tune' }, (what) => new Error(what)))
    ids.push(...page.map((item) => (item as { id?: unknown }).id));
  return { ids, asked };
}

test('pages are asked for by the last id until there are no more', async () => {
  const { ids, asked } = await idsOf(({ after }) =>
    after === undefined
      ? { data: [{ id: 'a' }, { id: 'b' }], has_more: true }
      : { data: [{ id: 'c' }], has_more: false },
  );
  expect(ids).toEqual(['a', 'b', 'c']);
  expect(asked).toEqual([
    { limit: 100, purpose: 'fine-tune' },
    { limit: 100, purpose: 'fine-tune', after: 'b' },
  ]);
});

test('a server that ignores the cursor and says that there is more is asked twice', async () => {
  const { ids, asked } = await idsOf(() => ({ data: [{ id: 'a' }, { id: 'b' }], has_more: true }));
  expect(ids).toEqual(['a', 'b']);
  expect(asked).toHaveLength(2);
});

test.each([
  ['a list without a frame', [{ id: 'a' }], ['a']],
  ['one that does not say whether there is more', { data: [{ id: 'a' }] }, ['a']],
  ['an empty page that says that there is more', { data: [], has_more: true }, []],
  ['items without ids', { data: [{}], has_more: true }, [undefined]],
])('%s is read once', async (_, body, ids) => {
  const found = await idsOf(() => body);
  expect(found.ids).toEqual(ids);
  expect(found.asked).toHaveLength(1);
});

test('something else is named', async () => {
  await expect(idsOf(() => '<html>')).rejects.toThrow('something that is no list');
});
