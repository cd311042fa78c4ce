import { html, Html } from './html.ts';
import { THEME } from './theme.ts';

/** A whole page that needs nothing from elsewhere, and is forbidden to ask for it; `style` is CSS of its own. */
export function page(title: string, body: Html, style = ''): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta
          http-equiv="Content-Security-Policy"
          content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
        />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title}</title>
        <style>
          ${new Html(THEME + style)}
        </style>
      </head>
      <body>
        <fieldset class="theme">
          <legend>Colours</legend>
          <input type="radio" name="theme" id="theme-auto" checked /><label for="theme-auto">Auto</label>
          <input type="radio" name="theme" id="theme-light" /><label for="theme-light">Light</label>
          <input type="radio" name="theme" id="theme-dark" /><label for="theme-dark">Dark</label>
        </fieldset>
        ${body}
      </body>
    </html> `.text;
}

/** A few numbers at the head of a page. */
export const facts = (pairs: [name: string, value: string | Html][]): Html =>
  html`<dl class="facts">
    ${pairs.map(
      ([name, value]) =>
        html`<div>
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl>`;

/** A chart with its title and what to read in it. */
export const figure = (title: string, chart: Html, caption: Html | string = ''): Html =>
  html`<figure>
    <h3>${title}</h3>
    ${chart}
    <figcaption>${caption}</figcaption>
  </figure>`;

/** A part of a page; nothing at all when there is no content. */
export const section = (title: string, ...content: Html[]): Html =>
  html`<section>
    <h2>${title}</h2>
    ${content}
  </section> `;
