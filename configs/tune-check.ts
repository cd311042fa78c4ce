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
  if (provider === 'vertex' && at('store') === undefined)
    problems.push({
      path: ['tune', isObject(at('tune')) && 'provider' in (at('tune') as object) ? 'provider' : 'tuner'],
      message: 'Vertex AI reads its rows from a bucket: give store, e.g. --set store=gs://BUCKET/PREFIX',
    });
  return problems;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
