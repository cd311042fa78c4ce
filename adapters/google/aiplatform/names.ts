/** Names of a project come back with its number where its id was sent: what follows it tells whether they are the same. */
export const isSameName = (one: string, other: string): boolean => afterProject(one) === afterProject(other);

const afterProject = (name: string): string => name.replace(/^projects\/[^/]+\//, '');

/** The last part of a name. */
export const idOf = (name: string | null | undefined): string => (name ?? '').split('/').at(-1) ?? '';
