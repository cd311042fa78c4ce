import type { ScheduleSpec as TemporalSpec } from '@temporalio/client';
import { msOf } from '../../configs/duration.ts';
import type { ScheduleSpec } from '../../configs/schedule.ts';

/** When a schedule acts, as Temporal takes it. */
export function clockOf({ cron, every, timezone }: ScheduleSpec): TemporalSpec {
  // An expression may carry its own zone, TZ=Europe/Paris 0 5 * * *; Temporal refuses two.
  const isZoned = cron.some((expression) => /^(CRON_)?TZ=/.test(expression));
  return {
    ...(cron.length > 0 ? { cronExpressions: cron } : {}),
    ...(every === null ? {} : { intervals: [{ every: msOf(every) }] }),
    ...(isZoned ? {} : { timezone }),
  };
}

/** Whether it acts by the clock at all, or on triggers alone. */
export const hasClock = ({ cron, every }: ScheduleSpec): boolean => cron.length > 0 || every !== null;

/** When a schedule acts, for people: `every day at 02:30, Europe/Berlin`. */
export function clockInWords({ cron, every, timezone }: ScheduleSpec): string {
  if (every !== null) return `every ${every}`;
  if (cron.length === 0) return 'by no clock: on triggers alone';
  return cron
    .map((expression) => {
      const [, zone = timezone, rest = expression] = /^(?:CRON_)?TZ=(\S+)\s+(.*)$/.exec(expression) ?? [];
      return `${cronInWords(rest)}, ${zone}`;
    })
    .join('; ');
}

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const SHORTHANDS: Record<string, string> = {
  '@hourly': '0 * * * *',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@weekly': '0 0 * * 0',
  '@monthly': '0 0 1 * *',
};

/** The usual expressions in words; any other as it is. */
function cronInWords(written: string): string {
  const expression = written.trim();
  const fields = (SHORTHANDS[expression] ?? expression).split(/\s+/);
  const verbatim = `cron ${expression}`;
  const [minute = '', hour = '', day, month, weekday = ''] = fields;
  if (fields.length !== 5 || month !== '*' || !/^\d+$/.test(minute)) {
    const step = /^\*\/(\d+)$/.exec(minute)?.[1] ?? (minute === '*' ? '1' : undefined);
    const isBare = fields.length === 5 && [hour, day, month, weekday].every((field) => field === '*');
    if (step === undefined || !isBare) return verbatim;
    return step === '1' ? 'every minute' : `every ${step} minutes`;
  }
  if (hour === '*' && day === '*' && weekday === '*') return `every hour at minute ${Number(minute)}`;
  if (!/^\d+$/.test(hour)) return verbatim;
  const at = `at ${hour.padStart(2, '0')}:${minute.padStart(2, '0')}`;
  if (day === '*' && weekday === '*') return `every day ${at}`;
  if (day === '*') {
    const days = daysOf(weekday);
    return days ? `every ${days} ${at}` : verbatim;
  }
  return weekday === '*' && /^\d+$/.test(day ?? '') ? `every month on day ${day} ${at}` : verbatim;
}

/** `1`, `MON`, `1-5`, `MON,THU` as names of days. */
function daysOf(field: string): string | undefined {
  const nameOf = (text: string): string | undefined =>
    /^[0-7]$/.test(text)
      ? DAYS[Number(text) % 7]
      : text.length === 3
        ? DAYS.find((day) => day.slice(0, 3).toUpperCase() === text.toUpperCase())
        : undefined;
  const parts = field.split(',').map((part) => {
    const [from, to, ...rest] = part.split('-').map(nameOf);
    if (from === undefined || rest.length > 0) return undefined;
    return part.includes('-') ? to && `${from} to ${to}` : from;
  });
  return parts.includes(undefined) ? undefined : parts.join(', ');
}

/** A time in a zone, with its distance from UTC there and then: `2027-03-29 02:30 GMT+2`. */
export function timeIn(timezone: string, at: Date): string {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone: timezone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    timeZoneName: 'shortOffset',
  }).formatToParts(at);
  const part = (type: string): string => parts.find((one) => one.type === type)?.value ?? '';
  const seconds = part('second') === '00' ? '' : `:${part('second')}`;
  const zone = timezone === 'UTC' ? 'UTC' : part('timeZoneName');
  return `${part('year')}-${part('month')}-${part('day')} ${part('hour')}:${part('minute')}${seconds} ${zone}`;
}

/** Whether this machine knows a time zone. */
export function isTimeZone(name: string): boolean {
  try {
    return Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
