/** Longest wait that is believed, in ms. */
const LONGEST = 24 * 60 * 60_000;
/** A number above this is a moment (seconds since 1970), not a duration in seconds. */
const FIRST_MOMENT = 1_000_000_000;
const UNITS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * How long a server asks to be left alone, in ms; undefined when it does not say. `retry-after-ms` and
 * `retry-after` (https://www.rfc-editor.org/rfc/rfc9110#field.retry-after) come first, then the reset times of
 * whatever limit has nothing left.
 */
export function waitOf(headers: Headers, now: number = Date.now()): number | undefined {
  const said =
    plainMs(headers.get('retry-after-ms')) ?? duration(headers.get('retry-after'), now) ?? resetOf(headers, now);
  return said === undefined ? undefined : Math.min(Math.max(said, 0), LONGEST);
}

function resetOf(headers: Headers, now: number): number | undefined {
  const limits = [...headers].flatMap(([name, value]) => {
    const what = /^(?:x-)?ratelimit-reset(-\w+)?$/.exec(name);
    const ms = what ? duration(value, now) : undefined;
    if (!what || ms === undefined) return [];
    const left = headers.get(name.replace('-reset', '-remaining'));
    return [{ ms, isUsedUp: left !== null && Number(left) <= 0 }];
  });
  const usedUp = limits.filter(({ isUsedUp }) => isUsedUp);
  // A limit may have something left, only not enough for the request: then the longest is the safe guess.
  const waits = (usedUp.length > 0 ? usedUp : limits).map(({ ms }) => ms);
  return waits.length > 0 ? Math.max(...waits) : undefined;
}

const plainMs = (text: string | null): number | undefined =>
  text !== null && isNumber(text) ? Number(text) : undefined;

/** `12`, `12.5` (seconds), `6m0s`, `20ms`, seconds or ms since 1970, or an HTTP date. */
function duration(text: string | null, now: number): number | undefined {
  if (text === null) return undefined;
  const trimmed = text.trim();
  if (isNumber(trimmed)) {
    const value = Number(trimmed);
    if (value >= FIRST_MOMENT * 1000) return value - now;
    return value >= FIRST_MOMENT ? value * 1000 - now : value * 1000;
  }
  if (/^(?:\d+(?:\.\d+)?(?:ms|[smhd]))+$/.test(trimmed)) {
    return [...trimmed.matchAll(/(\d+(?:\.\d+)?)(ms|[smhd])/g)].reduce(
      (sum, [, value, unit]) => sum + Number(value) * (UNITS[unit ?? ''] ?? 0),
      0,
    );
  }
  const moment = Date.parse(trimmed);
  return Number.isNaN(moment) ? undefined : moment - now;
}

const isNumber = (text: string): boolean => /^\s*\d{1,16}(?:\.\d+)?\s*$/.test(text);
