// The process of apart.ts: calls the function that it is told, answers with what that gives, and ends.
import type { Answer, Call } from './apart.ts';

// Nobody waits for an answer any more.
process.once('disconnect', () => process.exit());
process.once('message', ({ module, name, argument }: Call) => {
  void (async (): Promise<void> => {
    let answer: Answer;
    try {
      const { [name]: work } = (await import(module)) as Record<string, (argument: unknown) => unknown>;
      if (!work) throw new Error(`${module} exports no ${name}`);
      answer = { result: await work(argument) };
    } catch (error) {
      answer = { error };
    }
    process.send?.(answer, () => process.disconnect());
  })();
});
