// Apart from duration.ts, so that workflows can load it: a schema brings its library with it.

const UNITS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;

/** Milliseconds of a checked duration. */
export function msOf(duration: string): number {
  return Number(duration.slice(0, -1)) * UNITS[duration.at(-1) as keyof typeof UNITS];
}

/** Milliseconds as a duration in the largest unit that divides them, e.g. 90 minutes as 90m. */
export function durationOf(ms: number): string {
  const whole = Math.max(1000, Math.round(ms / 1000) * 1000);
  const [unit, size] = (Object.entries(UNITS) as [string, number][]).findLast(([, each]) => whole % each === 0) as [
    string,
    number,
  ];
  return `${whole / size}${unit}`;
}
