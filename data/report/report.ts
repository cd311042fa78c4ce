import type { PolicyAccount } from '../account.ts';
import type { DataInspection, Hits, Sample } from '../look/inspect.ts';
import type { Languages } from '../look/languages.ts';
import type { Place } from '../look/places.ts';
import type { DatasetStatistics } from '../look/statistics.ts';
import { barChart } from './charts.ts';
import { html, number, percent, table } from './html.ts';
import type { Html } from './html.ts';
import { journey, placesOf } from './journey.ts';
import { facts, figure, page, section } from './page.ts';
import { classes, lengths } from './shape.ts';

/** What a report on prepared data shows; a part that is absent was not looked at, and the report says so. */
export interface DataReportInput {
  title: string;
  /** A line below the title, e.g. pipeline and version. */
  subtitle?: string | undefined;
  /** When it was made, as it shall be shown; absent: no date, so that equal data makes equal bytes. */
  made?: string | undefined;
  train: DatasetStatistics;
  test?: DatasetStatistics | undefined;
  /** Tokens of training rows; a text says why they were not counted. */
  tokens?: DataInspection['tokens'] | undefined;
  policies: readonly PolicyAccount[];
  quarantine: readonly { reason: string; rows: number; places: readonly Place[] }[];
  /** Training rows that repeat a test row. */
  leaks?: { rows: number; examples: readonly (Place & { reason: string })[] } | undefined;
  pii?: readonly Hits[] | undefined;
  secrets?: readonly Hits[] | undefined;
  languages?: Languages | undefined;
  samples: readonly Sample[];
  /** By number of the source. */
  sources: readonly { uri: string; digest: string; rows?: number | undefined; bytes?: number | undefined }[];
}

const LISTED = 100;

/** The data report: one HTML file, the same bytes for the same input. */
export function dataReport(input: DataReportInput): string {
  const { train, test, policies } = input;
  const removed = policies.reduce((sum, account) => sum + account.removed, 0);
  const body = html`
    <header>
      <h1>${input.title}</h1>
      ${input.subtitle && html`<p class="soft">${input.subtitle}</p>`}
      ${input.made && html`<p class="soft">Made ${input.made}</p>`}
      ${facts([
        ['Training rows', number(train.rows)],
        ['Test rows', test ? number(test.rows) : '–'],
        ['Classes', train.labels.by === 'none' ? 'none' : number(train.labels.different)],
        ['Removed by policies', number(removed)],
        ['Put aside', number(input.quarantine.reduce((sum, { rows }) => sum + rows, 0))],
        ['Synthetic', percent(train.synthetic.share)],
      ])}
    </header>
    ${section('Where rows went', ...journey(policies))} ${section('Put aside', quarantine(input))}
    ${section('Classes', ...classes(train, test))} ${section('Lengths', ...lengths(train, test, input.tokens))}
    ${section('Leaks', leaks(input))}
    ${section('Personal data and secrets', hits('Personal data', input.pii), hits('Secrets', input.secrets))}
    ${section('Languages', languages(input.languages))} ${section('Samples', samples(input.samples))}
    ${section('Sources', sources(input))}
  `;
  return page(`${input.title} – data report`, body);
}

function quarantine({ quarantine }: DataReportInput): Html {
  const rows = quarantine
    .slice(0, LISTED)
    .map(({ reason, rows, places }) => [reason, number(rows), placesOf(places, rows)]);
  return html`<p class="soft">
      Rows a person can mend and send back. A place is the number of the source, see below, and the line.
    </p>
    ${table(['Reason', 'Rows', 'Places'], rows, { numeric: [1], empty: 'No row was put aside.' })}${
      quarantine.length > LISTED &&
      html`<p class="soft">${number(quarantine.length - LISTED)} more reasons are not shown.</p>`
    }`;
}

function leaks({ leaks }: DataReportInput): Html {
  if (!leaks) return html`<p class="none">Not looked for.</p>`;
  const rows = leaks.examples.slice(0, LISTED).map(({ source, line, reason }) => [`${source}:${line}`, reason]);
  return html`<p>${number(leaks.rows)} training rows repeat a test row.</p>
    ${leaks.rows > 0 && table(['Place', 'What it repeats'], rows)}`;
}

function hits(title: string, found: readonly Hits[] | undefined): Html {
  const rows = found?.map(({ kind, hits, rows, places }) => [kind, number(hits), number(rows), placesOf(places, rows)]);
  return html`<h3>${title}</h3>
    ${
      rows
        ? table(['Kind', 'Hits', 'Rows', 'Places'], rows, { numeric: [1, 2], empty: 'Nothing was found.' })
        : html`<p class="none">Not looked for.</p>`
    }`;
}

function languages(found: Languages | undefined): Html {
  if (!found) return html`<p class="none">Not looked at.</p>`;
  const values = found.found
    .slice(0, 10)
    .map(({ name, share }) => ({ name, series: 'rows', value: share, color: 'a' as const }));
  const title = 'Share of each language';
  const chart = () => figure(title, barChart(values, { unit: '% of rows', alt: title, percent: true }));
  return html`${values.length > 0 && html`<div class="charts">${chart()}</div>`}
    <p class="soft">
      Guessed on ${number(found.sampled)} rows; ${number(found.tooShort)} of them are too short to tell.
    </p>`;
}

function samples(samples: readonly Sample[]): Html {
  const rows = samples.map((sample) => [
    html`<div>${sample.source}:${sample.line}</div>
      <div class="soft">${sample.strategy === undefined ? sample.kind : `${sample.kind}, ${sample.strategy}`}</div>`,
    sample.label ?? '–',
    html`<div class="text" dir="auto">${sample.prompt}</div>`,
    html`<div class="text" dir="auto">${sample.answer}</div>
      ${sample.rejected !== undefined && html`<div class="text soft" dir="auto">rejected: ${sample.rejected}</div>`}`,
  ]);
  return table(['Place', 'Class', 'Prompt', 'Answer'], rows, { empty: 'No samples.' });
}

function sources({ sources, train, test }: DataReportInput): Html {
  const used = new Map<number, number>();
  for (const { source, rows } of [...train.sources, ...(test?.sources ?? [])])
    used.set(source, (used.get(source) ?? 0) + rows);
  const rows = sources.map(({ uri, digest, rows, bytes }, at) => [
    String(at),
    uri,
    rows === undefined ? '–' : number(rows),
    number(used.get(at) ?? 0),
    bytes === undefined ? '–' : number(bytes),
    html`<code>${digest}</code>`,
  ]);
  return table(['#', 'Source', 'Rows', 'Used', 'Bytes', 'Digest'], rows, {
    numeric: [0, 2, 3, 4],
    empty: 'No sources.',
  });
}
