import { isAbsolute } from 'node:path';
import { checkSettings } from '../adapters/vertex/check.ts';
import { tunedName } from '../adapters/openai/generator.ts';
import { TerminalError } from '../configs/failure.ts';
import { limitsOf } from '../configs/limits.ts';
import { baseNameOf, VENDORS } from '../configs/names.ts';
import { answeringPrice, generationPrice, trainingPrice } from '../configs/prices.ts';
import type { Recipe } from '../configs/recipe.ts';
import type { Preflight } from './preflight.ts';

/** Whether a vendor can be given the base model that a recipe names, and what asking it costs. Asks nobody. */
export function checkRemoteModel(recipe: Recipe, report: Pick<Preflight, 'problems' | 'notes'>): void {
  const { tune, model, evaluate } = recipe;
  const { tuner } = tune;
  if (!VENDORS.includes(tuner)) return;
  const name = baseNameOf(recipe);
  const path = model.for === undefined ? 'model.base' : `model.for.${tuner}`;
  const limits = limitsOf(name);
  if (isAbsolute(name)) {
    const message = `${tuner} tunes models of its own, and ${name} lies on this machine: name one of them under model.for`;
    report.problems.push({ path: 'model.base', message });
    return;
  }
  if (limits && limits.vendor !== 'mlx' && limits.vendor !== tuner) {
    const message = `${name} is a model of ${limits.vendor}, and tune.provider is ${tuner}: name one of ${tuner} under model.for, or change the provider`;
    report.problems.push({ path, message });
    return;
  }
  const { objective = 'sft' } = tune;
  if (limits && !limits.methods.includes(objective)) {
    const message = `${name} cannot be tuned by ${objective} (${limits.source}, ${limits.checked}), only by ${limits.methods.join(' and ')}`;
    report.problems.push({ path: 'tune.objective', message });
  } else if (tuner === 'vertex') checkVertex(recipe, name, report);
  const known = (field: string, look: () => unknown, more = ''): void => {
    try {
      look();
    } catch (error) {
      if (!(error instanceof TerminalError)) throw error;
      report.problems.push({ path: field, message: `${error.message}${more}` });
    }
  };
  // Of a model whose limits are known, the price is looked up when its rows are weighed.
  if (!limits) {
    const doubt = `, if ${tuner} still tunes it: it is none of the models known here, and may be misspelt or retired`;
    known('tune.price', () => trainingPrice({ model: name, given: tune.price }), doubt);
  }
  // There each checkpoint is asked, which is billed.
  if (tuner === 'vertex' && tune.choose?.checkpoint === 'best')
    known('tune.price', () => generationPrice('tune.price', { model: name, given: tune.price }));
  known('evaluate.price', () => answeringPrice(name, evaluate.price));
  // Some vendors bill more for asking a tuned model: better known before it is trained.
  if (tuner === 'openai' && !report.problems.some(({ path: field }) => field === 'evaluate.price'))
    known('evaluate.price', () => answeringPrice(tunedName(name), evaluate.price));
}

/** Settings of the job that Vertex AI would refuse, or drop without a word. */
function checkVertex({ tune, google, store }: Recipe, name: string, { problems }: Pick<Preflight, 'problems'>): void {
  if (google?.location === 'global')
    problems.push({ path: 'google.location', message: 'Vertex AI tunes in a region: set it, e.g. to us-central1' });
  try {
    checkSettings({ provider: 'vertex', model: name, base: name }, { ...tune, store });
  } catch (error) {
    if (!(error instanceof TerminalError)) throw error;
    const path = String(error.details['field']);
    problems.push({ path, message: error.message.replace(`${path}: `, '') });
  }
}
