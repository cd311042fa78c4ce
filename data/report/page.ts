import { html, Html } from './html.ts';

// Colours of the two sides differ in lightness too, so that they print and can be told apart without colour.
const STYLE = `
:root { color-scheme: light dark; --ink: #1c2128; --soft: #59636e; --line: #d5dae0; --paper: #fff; --card: #f6f8fa;
  --a: #2563a8; --b: #e08a1e; --bad: #c0392b; --good: #2f855a; }
@media (prefers-color-scheme: dark) { :root { --ink: #e3e8ee; --soft: #9aa5b1; --line: #39424e; --paper: #12161c;
  --card: #1b2129; --a: #6aa9ef; --b: #f0b35a; --bad: #f0776a; --good: #6cc398; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1120px; padding: 24px 20px 64px; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 26px; line-height: 1.25; margin: 0 0 4px; overflow-wrap: anywhere; }
h2 { font-size: 19px; margin: 40px 0 12px; padding-top: 12px; border-top: 1px solid var(--line); }
h3 { font-size: 15px; margin: 0 0 6px; }
p { margin: 0 0 12px; max-width: 76ch; overflow-wrap: anywhere; }
.soft, .none, figcaption { color: var(--soft); font-size: 13.5px; }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(118px, 1fr)); gap: 10px; margin: 18px 0 0; padding: 0; }
.facts div { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 10px 12px; }
.facts dt { color: var(--soft); font-size: 13px; }
.facts dd { margin: 0; font-size: 20px; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 420px), 1fr)); gap: 22px 28px; margin-bottom: 16px; }
figure { margin: 0; min-width: 0; break-inside: avoid; }
figure svg { display: block; width: 100%; max-width: 500px; height: auto; color: var(--ink); background: none; }
figcaption { margin-top: 4px; }
.key { display: inline-block; width: 10px; height: 10px; border-radius: 2px; margin: 0 5px 0 10px; }
.key:first-child { margin-left: 0; }
.key.a { background: var(--a); } .key.b { background: var(--b); } .key.bad { background: var(--bad); }
.scroll { overflow-x: auto; margin: 0 0 14px; }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
th, td { text-align: left; vertical-align: top; padding: 5px 14px 5px 0; border-bottom: 1px solid var(--line); max-width: 60ch; overflow-wrap: break-word; }
th { font-weight: 600; color: var(--soft); }
th.n, td.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.wide { min-width: 26ch; }
.text { white-space: pre-wrap; min-width: 24ch; overflow-wrap: anywhere; }
code { font: 13px/1.4 ui-monospace, monospace; overflow-wrap: anywhere; }
@media print { :root { color-scheme: light; --ink: #000; --soft: #444; --line: #bbb; --paper: #fff; --card: #fff; --a: #2563a8; --b: #e08a1e; --bad: #c0392b; --good: #2f855a; }
  body { max-width: none; padding: 0; font-size: 11pt; } h2 { break-after: avoid; } tr { break-inside: avoid; } .scroll { overflow: visible; } * { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }
`;

/** A whole page that needs nothing from elsewhere, and is forbidden to ask for it. */
export function page(title: string, body: Html): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title}</title>
        <style>
          ${new Html(STYLE)}
        </style>
      </head>
      <body>
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
