const natural = new Intl.Collator('en', { numeric: true });

/** Compares paths as people count: week-2 comes before week-10. */
export const inOrder = (a: string, b: string): number => natural.compare(a, b) || (a < b ? -1 : a > b ? 1 : 0);
