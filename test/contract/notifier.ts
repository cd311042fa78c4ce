import { describe, expect, test } from 'vitest';
import type { Notifier } from '../../adapters/contracts.ts';
import { TerminalError } from '../../configs/failure.ts';
import type { Notice } from '../../configs/notice.ts';

/** A notifier with its receiving end. */
export interface NotifierUnderTest {
  notifier: Notifier;
  /** What arrived: the id by which a receiver tells it from others, and everything that came with it as text. */
  received(): Promise<{ id: string; text: string }[]>;
  /** Receivers that are away for now, and that will never take it; where there can be such. */
  away?: Notifier;
  refusing?: Notifier;
  /** What must not be in anything that is sent or said. */
  secrets: readonly string[];
}

export const aNotice = (changed: Partial<Notice> = {}): Notice => ({
  kind: 'waiting',
  run: 'support-1',
  line: 'support',
  model: 'support-model',
  message: 'it waits for people to approve support-model, 0 of 2 so far',
  at: '2026-11-25T10:00:00.000Z',
  look: 'anneal show support-1',
  ...changed,
});

/** What every way of telling people keeps to. */
export function notifierContract(name: string, make: () => Promise<NotifierUnderTest>): void {
  describe(`a notifier by ${name}`, () => {
    test('delivers what happened, to whom and where to look', async () => {
      const { notifier, received, secrets } = await make();
      await notifier.send(aNotice(), 'key-1.0');
      const [arrived, ...others] = await received();
      expect(others).toEqual([]);
      for (const part of ['waiting', 'support-1', '0 of 2 so far']) expect(arrived?.text).toContain(part);
      for (const secret of secrets) expect(arrived?.text).not.toContain(secret);
    });

    test('gives what is sent again the id that it had, and each notice its own', async () => {
      const { notifier, received } = await make();
      await notifier.send(aNotice(), 'key-1.0');
      await notifier.send(aNotice(), 'key-1.0');
      await notifier.send(aNotice({ kind: 'promoted', message: 'support-model@v3 is champion now' }), 'key-2.0');
      const ids = (await received()).map(({ id }) => id);
      expect(new Set(ids).size).toBe(2);
      expect(ids.filter((id) => id.includes('key-2.0'))).toHaveLength(1);
    });

    test('lets a message be nothing but a message', async () => {
      const { notifier, received } = await make();
      const message =
        'one\r\nBcc: victim@example.org\r\n\r\n.\r\nMAIL FROM:<x@example.org>\u0000\u001b[31m"}\n{"id":"x"';
      await notifier.send(aNotice({ message }), 'key-3.0');
      const arrived = await received();
      expect(arrived).toHaveLength(1);
      expect(arrived[0]?.text).not.toContain('\nBcc: victim');
      expect(arrived[0]?.text).not.toContain('\u001b');
    });

    test('tells an outage from a refusal, without naming a secret', async () => {
      const { away, refusing, secrets } = await make();
      const failure = async (notifier: Notifier): Promise<Error> =>
        notifier.send(aNotice(), 'key-4.0').then(
          () => new Error('it was sent'),
          (error: Error) => error,
        );
      const failures = [
        ...(away ? [{ error: await failure(away), isFinal: false }] : []),
        ...(refusing ? [{ error: await failure(refusing), isFinal: true }] : []),
      ];
      for (const { error, isFinal } of failures) {
        expect(error.message).not.toBe('it was sent');
        expect([error.message, error instanceof TerminalError]).toEqual([error.message, isFinal]);
        for (const secret of secrets) expect(`${error.message} ${String(error.cause)}`).not.toContain(secret);
      }
    });
  });
}
