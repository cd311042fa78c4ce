/** The flag that every command has. */
export const json = {
  kind: 'boolean',
  brief: 'Print one JSON document to stdout, and nothing else there',
  withNegated: false,
  default: false,
} as const;

/** A flag that is off unless given. */
export const flag = <const Brief extends string>(brief: Brief) =>
  ({ kind: 'boolean', brief, withNegated: false, default: false }) as const;

/** An option with a value. */
export const option = <const Placeholder extends string>(placeholder: Placeholder, brief: string) =>
  ({ kind: 'parsed', parse: String, brief, placeholder, optional: true }) as const;

/** An option that may be given again. */
export const list = <const Placeholder extends string>(placeholder: Placeholder, brief: string) =>
  ({ kind: 'parsed', parse: String, brief, placeholder, optional: true, variadic: true }) as const;

/** A word of the command line that has to be there. */
export const argument = <const Placeholder extends string>(placeholder: Placeholder, brief: string) =>
  ({ parse: String, brief, placeholder }) as const;

/** A word that may be left out. */
export const optional = <const Placeholder extends string>(placeholder: Placeholder, brief: string) =>
  ({ parse: String, brief, placeholder, optional: true }) as const;

/** Words in this order. */
export const tuple = <const Parameters extends readonly unknown[]>(...parameters: Parameters) =>
  ({ kind: 'tuple', parameters }) as const;

/** Fields of a recipe that the command line changes. */
export const set = list('field=value', 'Override a field of the recipe, e.g. tune.iterations=100; may be given again');

/** How a run is named. */
export const RUN = 'Id of a run, or the beginning of one';

/** The reason for a decision. */
export const why = {
  why: option('text', 'Reason, for the audit'),
  reason: option('text', 'The same as --why'),
};

/** Who decides. */
export const who = {
  as: option('name', 'Who decides; default: ANNEAL_USER, or the user of this system'),
  role: option('role', 'Role that you have, where the recipe asks for one; also from ANNEAL_ROLES'),
};
