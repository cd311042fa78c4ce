import type { Recipe } from './recipe.ts';

/** What `name@v3` or `name@champion` says. */
export interface NamedVersion {
  name: string;
  version?: number;
  alias?: string;
}

const NAMED = /^(?<name>[a-z0-9][a-z0-9._-]*)@(?:v(?<version>\d+)|(?<alias>[a-z][a-z0-9-]*))$/;

/** Reads the name of a version of a model or dataset; undefined for any other text. */
export function parseName(text: string): NamedVersion | undefined {
  const found = NAMED.exec(text)?.groups;
  if (!found) return undefined;
  const { name = '', version, alias } = found;
  return {
    name,
    ...(version === undefined ? {} : { version: Number(version) }),
    ...(alias === undefined ? {} : { alias }),
  };
}

/** Tuners that tune models of their own alone: no model of this machine can be given to them. */
export const VENDORS: readonly string[] = ['vertex', 'openai'];

/** Name of the model to start from, in the words of whoever trains. */
export const baseNameOf = ({ model, tune }: Pick<Recipe, 'model' | 'tune'>): string =>
  namedFor({ model, tune }) ?? model.base;

/** Whether that model lies at a vendor, and not on this machine. */
export const isBaseRemote = ({ model, tune }: Pick<Recipe, 'model' | 'tune'>): boolean =>
  VENDORS.includes(tune.tuner) || namedFor({ model, tune }) !== undefined;

// Recipes of earlier versions name no other tuner.
const namedFor = ({ model, tune }: Pick<Recipe, 'model' | 'tune'>): string | undefined =>
  (model.for as Partial<Record<string, string>> | undefined)?.[tune.tuner];

/** Name under which a recipe's versions and aliases are kept. */
export const modelNameOf = ({ name, register }: Pick<Recipe, 'name' | 'register'>): string => register.model ?? name;

/** Name of the tuner that settings call for. A trainer of one's own is on this machine, or reached by commands that submit. */
export const tunerNameOf = ({ tuner, command }: Pick<Recipe['tune'], 'tuner' | 'command'>): string =>
  tuner === 'command' && command?.submit ? 'command-elsewhere' : tuner;

/** Settings of a training without those of tuners that do not do it: a recipe may keep them for another day. */
export function ownTuning({ vertex, openai, command, ...common }: Recipe['tune']): Recipe['tune'] {
  return {
    ...common,
    ...(common.tuner === 'vertex' && vertex ? { vertex } : {}),
    ...(common.tuner === 'openai' && openai ? { openai } : {}),
    ...(common.tuner === 'command' && command ? { command } : {}),
  };
}
