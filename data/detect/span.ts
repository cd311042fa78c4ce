/** A stretch of a text, in UTF-16 units, and what was seen in it. */
export interface Span<Kind extends string = string> {
  kind: Kind;
  start: number;
  end: number;
}

/** Of spans that overlap the longest stays, of equally long ones the first; the rest comes in order of the text. */
export function withoutOverlaps<Kind extends string>(spans: Span<Kind>[]): Span<Kind>[] {
  if (spans.length < 2) return spans;
  const sorted = spans.toSorted((one, other) => one.start - other.start);
  const kept: Span<Kind>[] = [];
  let cluster: Span<Kind>[] = [];
  let end = 0;
  for (const span of sorted) {
    if (span.start >= end) {
      for (const winner of longest(cluster)) kept.push(winner);
      cluster = [];
    }
    cluster.push(span);
    end = Math.max(end, span.end);
  }
  return [...kept, ...longest(cluster)];
}

function longest<Kind extends string>(cluster: Span<Kind>[]): Span<Kind>[] {
  if (cluster.length < 2) return cluster;
  const from = cluster[0]!.start;
  const taken = new Uint8Array(cluster.reduce((most, { end }) => Math.max(most, end), 0) - from);
  const kept = cluster
    .toSorted((one, other) => other.end - other.start - (one.end - one.start) || one.start - other.start)
    .filter(({ start, end }) => {
      // None that is taken already is shorter, so looking at both ends is enough.
      if (taken[start - from] === 1 || taken[end - from - 1] === 1) return false;
      taken.fill(1, start - from, end - from);
      return true;
    });
  return kept.toSorted((one, other) => one.start - other.start);
}

/** The text with each span, apart and in order, replaced. */
export function replaceSpans<Kind extends string>(
  text: string,
  spans: readonly Span<Kind>[],
  by: (kind: Kind) => string,
): string {
  let out = '';
  let at = 0;
  for (const { kind, start, end } of spans) {
    out += text.slice(at, start) + by(kind);
    at = end;
  }
  return out + text.slice(at);
}

/** Replaces until nothing is found any more: taking one stretch away can bare another beside it. */
export function replaceAll<Kind extends string>(
  text: string,
  find: (text: string) => Span<Kind>[],
  by: (kind: Kind) => string,
): string {
  let current = text;
  for (let spans = find(current); spans.length > 0; spans = find(current)) current = replaceSpans(current, spans, by);
  return current;
}
