import type { Recipe } from '../configs/recipe.ts';

/** Fields that name an environment variable. */
const SECRETS = ['secret', 'user', 'password'] as const;

/**
 * What a person should know of the notices of a recipe before it runs: secrets that are not set here. Whether a
 * server can be reached is not looked at: it may be away now and there when it is needed.
 */
export function notesOnNotices({ notify = [] }: Recipe): string[] {
  return notify.flatMap((target, i) =>
    SECRETS.flatMap((field) => {
      const variable = (target as Partial<Record<(typeof SECRETS)[number], string>>)[field];
      return variable === undefined || (process.env[variable] ?? '') !== ''
        ? []
        : [
            `notify.${i}.${field}: the environment variable ${variable} is not set here; until it is set where the worker runs, nothing is sent by ${target.to}`,
          ];
    }),
  );
}
