import { afterEach, expect, test } from 'vitest';
import { Approve } from '../../../configs/approve.ts';
import { Notify } from '../../../configs/notify.ts';
import type { Recipe } from '../../../configs/recipe.ts';
import { notesOnNotices } from '../../../worker/check-notices.ts';

afterEach(() => {
  delete process.env['TEST_HOOK'];
});

const notes = (notify: object[]): string[] => notesOnNotices({ notify: Notify.parse(notify) } as unknown as Recipe);
const mail = { to: 'email', host: 'localhost', from: 'a@example.org', recipients: ['b@example.org'] };

test('secrets that are not set are named by field and variable, and nothing else is said', () => {
  expect(
    notes([
      { to: 'terminal' },
      { to: 'webhook', url: 'https://example.org/', secret: 'TEST_HOOK' },
      { ...mail, user: 'TEST_USER', password: 'TEST_PASSWORD' },
      mail,
    ]),
  ).toEqual([
    'notify.1.secret: the environment variable TEST_HOOK is not set here; until it is set where the worker runs, nothing is sent by webhook',
    'notify.2.user: the environment variable TEST_USER is not set here; until it is set where the worker runs, nothing is sent by email',
    'notify.2.password: the environment variable TEST_PASSWORD is not set here; until it is set where the worker runs, nothing is sent by email',
  ]);
  process.env['TEST_HOOK'] = 'x';
  expect(notes([{ to: 'webhook', url: 'https://example.org/', secret: 'TEST_HOOK' }])).toEqual([]);
});

test('an approval that would last for ever, or remind without end, is refused', () => {
  const flaws = (approve: object): string[] => (Approve.safeParse(approve).error?.issues ?? []).map((i) => i.message);
  expect(flaws({ expiresIn: '7d', remindAfter: '1d' })).toEqual([]);
  expect(flaws({ expiresIn: '7d', remindAfter: '1s' })).toEqual([
    'every 1s for 7d is more than 500 reminders: remind less often',
  ]);
  expect(flaws({ expiresIn: '999999w' })).toEqual(['expected at most 3650d, found 999999w']);
  expect(flaws({ expiresIn: 'soon' })).toHaveLength(1);
});
