/** This moment, as the ledger writes it. */
export const now = (): string => new Date().toISOString();
