import { createContext, Script } from 'node:vm';
import { terminal } from '../configs/failure.ts';

/** Longer texts are cut before a pattern sees them. */
const MAX_TEXT = 20_000;
/** Milliseconds after which a pattern that backtracks without end is stopped. */
const TIME = 100;
/** So many texts a pattern may be stopped on before it is to blame and no longer the texts. */
const PATIENCE = 20;

/**
 * Tests texts against a pattern of the recipe; one that takes too long on a text does not match it. Node can stop a
 * pattern in a context of its own only.
 *
 * @throws TerminalError `SlowPattern`, naming `field`, when that happened on over 20 texts.
 */
export function boundedMatch(pattern: string, field: string): (text: string) => boolean {
  const sandbox = createContext({ pattern: new RegExp(pattern, 'u'), text: '' });
  const script = new Script('pattern.test(text)');
  let slow = 0;
  return (text) => {
    sandbox['text'] = text.slice(0, MAX_TEXT);
    try {
      return script.runInContext(sandbox, { timeout: TIME }) as boolean;
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error;
      slow += 1;
      if (slow <= PATIENCE) return false;
      throw terminal(
        'SlowPattern',
        `the pattern ${JSON.stringify(pattern)} of ${field} takes longer than ${TIME} ms on many rows: write it without nested repeats such as (a+)+`,
        { pattern },
      );
    }
  };
}
