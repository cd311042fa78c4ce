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

/** Name under which a recipe's versions and aliases are kept. */
export const modelNameOf = ({ name, register }: Pick<Recipe, 'name' | 'register'>): string => register.model ?? name;
