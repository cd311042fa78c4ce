import { VENDORS } from './names.ts';
import { crossCheckCommand } from './tune-command.ts';

/** What holds between fields of `tune` and `model`. */
export function crossCheckTune(written: unknown): { path: string[]; message: string }[] {
  const at = (...path: string[]): unknown =>
    path.reduce<unknown>((value, key) => (isObject(value) ? value[key] : undefined), written);
  const problems: { path: string[]; message: string }[] = [];
  const warmup = at('tune', 'warmupSteps');
  const iterations = at('tune', 'iterations') ?? 200;
  if (typeof warmup === 'number' && typeof iterations === 'number' && warmup > 0 && warmup >= iterations) {
    const message = `expected less than tune.iterations (${iterations}), found ${warmup}: the learning rate would never reach its peak`;
    problems.push({ path: ['tune', 'warmupSteps'], message });
  }
  const provider = at('tune', 'provider') ?? at('tune', 'tuner') ?? 'mlx';
  if (provider === 'command' && at('tune', 'command') === undefined)
    problems.push({ path: ['tune'], message: 'provider command needs tune.command: the commands that train' });
  if (at('tune', 'command') !== undefined)
    for (const { path, message } of crossCheckCommand(at('tune', 'command')))
      problems.push({ path: ['tune', 'command', ...path], message });
  if (provider === 'mlx' && at('tune', 'objective') === 'preference') {
    const message =
      'the trainer on this machine learns from conversations: choose vertex, openai or command as tune.provider';
    problems.push({ path: ['tune', 'objective'], message });
  }
  const vendor = String(provider);
  const base = at('model', 'for', vendor) ?? at('model', 'base');
  if (VENDORS.includes(vendor) && typeof base === 'string' && isPath(base)) {
    const message = `${vendor} tunes models of its own, and ${base} lies on this machine: name one of them, e.g. model: { for: { ${vendor}: ${EXAMPLES[vendor]} } }`;
    problems.push({
      path: at('model', 'for', vendor) === undefined ? ['model', 'base'] : ['model', 'for', vendor],
      message,
    });
  }
  if (provider === 'vertex' && at('store') === undefined)
    problems.push({
      path: ['tune', isObject(at('tune')) && 'provider' in (at('tune') as object) ? 'provider' : 'tuner'],
      message: 'Vertex AI reads its rows from a bucket: give store, e.g. --set store=gs://BUCKET/PREFIX',
    });
  return problems;
}

/** Models that such a tuner could be given, for a message. */
const EXAMPLES: Record<string, string> = { vertex: 'gemini-2.5-flash-lite', openai: 'gpt-4.1-nano' };

/** Whether a name can only be that of a folder. */
const isPath = (name: string): boolean => /^(?:\.{0,2}\/|~|[A-Za-z]:\\)/.test(name);

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
