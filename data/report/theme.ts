/** Colours of a theme: `a` and `b` are the two sides of a comparison. */
export interface Palette {
  ink: string;
  soft: string;
  line: string;
  paper: string;
  card: string;
  a: string;
  b: string;
  bad: string;
  good: string;
  warn: string;
}

// The two sides differ in lightness too, so that they print and can be told apart without colour. Text is held to
// 4.5 : 1 against paper and card, what is drawn to 3 : 1 (WCAG 2.2, 1.4.3 and 1.4.11); the tests compute it.
export const LIGHT: Palette = {
  ink: '#1c2128',
  soft: '#59636e',
  line: '#d5dae0',
  paper: '#ffffff',
  card: '#f6f8fa',
  a: '#1d5a9e',
  b: '#cb7410',
  bad: '#b3362a',
  good: '#247a4d',
  warn: '#8a5a00',
};
export const DARK: Palette = {
  ink: '#e3e8ee',
  soft: '#9aa5b1',
  line: '#39424e',
  paper: '#12161c',
  card: '#1b2129',
  a: '#6aa9ef',
  b: '#f0b35a',
  bad: '#f0776a',
  good: '#6cc398',
  warn: '#e5b95c',
};
/** Ink on paper: what stays of the light theme. */
const PRINT: Palette = { ...LIGHT, ink: '#000000', soft: '#444444', line: '#bbbbbb', card: '#ffffff' };

const declare = (palette: Palette): string =>
  Object.entries(palette)
    .map(([name, color]) => `--${name}: ${color};`)
    .join(' ');

/** Follows the system; the buttons at the top overrule it by CSS alone: no script, nothing kept. */
export const THEME = `
:root { color-scheme: light; ${declare(LIGHT)} }
@media (prefers-color-scheme: dark) { :root { color-scheme: dark; ${declare(DARK)} } }
:root:has(#theme-light:checked) { color-scheme: light; ${declare(LIGHT)} }
:root:has(#theme-dark:checked) { color-scheme: dark; ${declare(DARK)} }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body { margin: 0 auto; max-width: 1120px; padding: 24px 20px 64px; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 26px; line-height: 1.25; margin: 0 0 4px; overflow-wrap: anywhere; }
h2 { font-size: 19px; margin: 40px 0 12px; padding-top: 12px; border-top: 1px solid var(--line); }
h3 { font-size: 15px; margin: 0 0 6px; overflow-wrap: anywhere; }
p { margin: 0 0 12px; max-width: 76ch; overflow-wrap: anywhere; }
.soft, .none, figcaption { color: var(--soft); font-size: 13.5px; }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(118px, 1fr)); gap: 10px; margin: 18px 0 0; padding: 0; }
.facts div { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 10px 12px; }
.facts dt { color: var(--soft); font-size: 13px; }
.facts dd { margin: 0; font-size: 20px; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 420px), 1fr)); gap: 22px 28px; margin-bottom: 16px; }
figure { margin: 0; min-width: 0; break-inside: avoid; }
figure svg { display: block; width: 100%; max-width: 500px; height: auto; color: var(--ink); background: none; }
figcaption { margin-top: 4px; overflow-wrap: anywhere; }
.key { display: inline-block; width: 10px; height: 10px; border-radius: 2px; margin: 0 5px 0 10px; }
.key:first-child { margin-left: 0; }
.key.a { background: var(--a); } .key.b { background: var(--b); } .key.bad { background: var(--bad); } .key.good { background: var(--good); }
.scroll { overflow-x: auto; margin: 0 0 14px; }
.narrow { max-width: 680px; } .narrow td.n { white-space: normal; }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
th, td { text-align: left; vertical-align: top; padding: 5px 14px 5px 0; border-bottom: 1px solid var(--line); max-width: 60ch; overflow-wrap: break-word; }
th { font-weight: 600; color: var(--soft); }
th[scope=row] { font-weight: 500; color: var(--ink); min-width: 9em; }
th.n, td.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.wide { min-width: 26ch; }
.text { white-space: pre-wrap; min-width: 24ch; overflow-wrap: anywhere; }
code { font: 13px/1.4 ui-monospace, monospace; overflow-wrap: anywhere; }
:focus-visible { outline: 2px solid var(--a); outline-offset: 2px; border-radius: 2px; }
.theme { display: flex; justify-content: flex-end; gap: 2px; margin: 0 0 10px; padding: 0; border: 0; font-size: 13px; color: var(--soft); }
.theme legend { float: left; padding: 3px 8px 3px 0; }
.theme input { position: absolute; opacity: 0; width: 1px; height: 1px; margin: 0; }
.theme label { padding: 3px 9px; border-radius: 6px; border: 1px solid transparent; cursor: pointer; }
.theme input:checked + label { color: var(--ink); background: var(--card); border-color: var(--line); }
.theme input:focus-visible + label { outline: 2px solid var(--a); outline-offset: 1px; }
@media (max-width: 560px) { th[scope=row] { position: sticky; left: 0; background: var(--paper); max-width: 12em; overflow-wrap: anywhere; } }
@media print {
  :root, :root:has(#theme-dark:checked), :root:has(#theme-light:checked) { color-scheme: light; ${declare(PRINT)} }
  body { max-width: none; padding: 0; font-size: 10.5pt; } .theme { display: none; } h2, h3 { break-after: avoid; }
  tr { break-inside: avoid; } .charts { grid-template-columns: repeat(auto-fit, minmax(300px, 1fr)); } .scroll { overflow: visible; } * { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }
`;
