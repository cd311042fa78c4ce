import { html, table } from '../../../data/report/html.ts';
import { first } from '../bounds.ts';
import type { Repeat } from '../model.ts';
import { aside } from '../part.ts';
import type { Part } from '../part.ts';

const LISTED = 40;

/** How to do it again, and with which versions it was done. */
export function repeatPart({ commands = [], versions = [] }: Repeat): Part {
  const told = first(commands, LISTED, 'commands');
  const used = first(versions, LISTED, 'versions');
  return {
    id: 'repeat',
    title: 'How to repeat this',
    content: html`
      ${told.shown.map(
        ({ does, command }) =>
          html`${does !== undefined && html`<p class="does">${does}</p>`}
            <pre tabindex="0"><code>${command}</code></pre>`,
      )}
      ${aside(told.rest)}
      ${
        used.shown.length > 0 &&
        html`<h3>Versions</h3>
          ${table(
            ['Of', 'Version'],
            used.shown.map(({ name, version }) => [name, html`<code>${version}</code>`]),
            { label: 'Versions', rowHeads: true, isNarrow: true },
          )}
          ${aside(used.rest)}`
      }
    `,
  };
}
