// The process of apart.ts: calls functions of the module that it was started for, until nobody asks any more.
import type { Answer, Call } from './apart.ts';

/** How long it waits for another call, in ms. */
const LINGER_MS = 10_000;

const module = process.argv[2] as string;
let open = 0;
const end = (): never => process.exit(0);
let timer = setTimeout(end, LINGER_MS);
process.once('disconnect', end);
process.on('message', (call: Call) => {
  clearTimeout(timer);
  open += 1;
  void answerTo(call).then((answer) => {
    process.send?.(answer);
    open -= 1;
    if (open === 0) timer = setTimeout(end, LINGER_MS);
  });
});

async function answerTo({ id, name, argument }: Call): Promise<Answer> {
  try {
    const { [name]: work } = (await import(module)) as Record<string, (argument: unknown) => unknown>;
    if (!work) throw new Error(`${module} exports no ${name}`);
    return { id, result: await work(argument) };
  } catch (error) {
    return { id, error };
  }
}
