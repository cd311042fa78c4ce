/** What the page of a run needs beyond the shared theme. */
export const STYLE = `
h2 { scroll-margin-top: 8px; font-size: 20px; margin-top: 52px; padding-top: 16px; letter-spacing: -0.005em; }
h3 { margin-top: 22px; } figure h3 { margin-top: 0; } h4 { margin: 0 0 6px; font-size: 14px; }
.kind { margin: 0; color: var(--soft); font-size: 13px; letter-spacing: 0.06em; text-transform: uppercase; }
header h1 { font-size: 30px; letter-spacing: -0.015em; }
.verdict { margin: 20px 0 24px; padding: 18px 22px; background: var(--card); border: 1px solid var(--line);
  border-left: 6px solid var(--tone); border-radius: 8px; }
.verdict p, .verdict li { max-width: 78ch; overflow-wrap: anywhere; }
.verdict .word { margin: 0 0 6px; font-size: 25px; line-height: 1.2; font-weight: 700; color: var(--tone); }
.verdict p.main { margin: 0; max-width: 88ch; font-size: 17px; line-height: 1.45; }
.verdict ul { margin: 12px 0 0; padding: 0 0 0 1.1em; } .verdict li { margin: 5px 0; } .verdict .soft { margin: 10px 0 0; }
.good { --tone: var(--good); } .bad { --tone: var(--bad); } .warn { --tone: var(--warn); } .soft { --tone: var(--soft); }
.verdict.soft { color: var(--ink); font-size: inherit; }
.who { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 210px), 1fr)); gap: 12px 28px; margin: 0 0 8px; }
.who div { min-width: 0; } .who dt { color: var(--soft); font-size: 13px; }
.who dd { margin: 0; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
nav ul { display: flex; flex-wrap: wrap; gap: 4px 18px; margin: 24px 0 0; padding: 12px 0 0; border-top: 1px solid var(--line); list-style: none; font-size: 14px; }
a { color: var(--a); text-underline-offset: 2px; }
.name { font-weight: 600; overflow-wrap: anywhere; } .role { white-space: nowrap; margin-left: 4px; }
.side { white-space: nowrap; } .side .mark { display: inline-block; width: 10px; height: 10px; margin-right: 6px; }
.side .mark.a { background: var(--a); border-radius: 50%; } .side .mark.b { border: 2px solid var(--b); }
.badge { white-space: nowrap; color: var(--tone); font-weight: 600; font-size: inherit; }
.charts.below, .facts + .charts { margin-top: 22px; }
details { margin: 6px 0 14px; } summary { cursor: pointer; padding: 4px 0; color: var(--soft); font-size: 14px; }
.bar { display: block; width: 72px; height: 4px; margin: 3px 0 3px auto; background: var(--line); border-radius: 2px; }
.bar span { display: block; height: 100%; border-radius: 2px; } .bar.a span { background: var(--a); } .bar.b span { background: var(--b); }
.flip { margin: 0; padding: 0 0 2px; border-bottom: 1px solid var(--line); }
.flip summary { display: flex; gap: 12px; padding: 8px 0; color: var(--ink); align-items: baseline; }
.flip summary::before { content: "▸"; color: var(--soft); flex: none; width: 0.8em; } .flip[open] summary::before { content: "▾"; }
.flip summary::-webkit-details-marker { display: none; }
.flip .gain { color: var(--tone); font-weight: 600; font-variant-numeric: tabular-nums; white-space: nowrap; min-width: 7.5em; text-align: right; }
.flip .title { overflow-wrap: anywhere; min-width: 0; }
.flip[open] .title { font-weight: 600; }
.asked { margin: 4px 0 14px; display: grid; grid-template-columns: 84px minmax(0, 1fr); gap: 6px 12px; font-size: 14px; }
.asked dt { color: var(--soft); } .asked dd { margin: 0; min-width: 0; }
.answers { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 340px), 1fr)); gap: 14px; margin-bottom: 16px; }
.answer { min-width: 0; padding: 12px 14px; background: var(--card); border: 1px solid var(--line); border-radius: 8px; font-size: 14px; }
.answer h4 { display: flex; justify-content: space-between; gap: 12px; } .score { font-variant-numeric: tabular-nums; color: var(--soft); }
.answer .side { white-space: normal; overflow-wrap: anywhere; min-width: 0; }
.text { min-width: 0; }
mark { color: inherit; background: color-mix(in srgb, var(--tint) 20%, transparent); text-decoration: underline var(--tint) 2px; text-underline-offset: 3px; text-decoration-skip-ink: none; border-radius: 2px; }
mark.a { --tint: var(--a); } mark.b { --tint: var(--b); text-decoration-style: dotted; }
.matrices { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 420px), 1fr)); gap: 22px 28px; } .matrices > div { min-width: 0; }
.matrix { width: auto; font-size: 13px; } .matrix th, .matrix td { padding: 5px 8px; border: 0; vertical-align: middle; }
.matrix .label span { display: block; max-width: 14ch; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.matrix thead .label { vertical-align: bottom; height: 8.5em; } .matrix thead .label span { writing-mode: vertical-rl; transform: rotate(180deg); max-width: none; max-height: 8em; margin-left: auto; }
.matrix tbody td { min-width: 3em; background: color-mix(in srgb, var(--a) var(--share, 0%), transparent); }
.matrix .right { outline: 1px solid var(--ink); outline-offset: -2px; font-weight: 600; } .matrix .zero { color: var(--soft); }
.wins { margin: 0 0 18px; max-width: 720px; } .wins .track { display: flex; height: 14px; gap: 2px; border-radius: 4px; overflow: hidden; }
.wins .track span { flex: 1 1 0; min-width: 2px; } .wins .win { background: var(--a); } .wins .tie { background: var(--line); } .wins .loss { background: var(--b); }
.wins ul { display: flex; flex-wrap: wrap; gap: 4px 22px; margin: 8px 0 0; padding: 0; list-style: none; font-size: 14px; font-variant-numeric: tabular-nums; }
.line { display: inline-block; width: 20px; height: 0; margin: 0 4px 3px 0; border-top: 2px solid var(--a); } .line.b { border-top: 2px dashed var(--b); margin-left: 12px; }
.graph { display: block; width: 100%; height: auto; color: var(--ink); font: 12.5px system-ui, sans-serif; }
.graph rect { fill: var(--card); stroke: var(--soft); stroke-width: 1; } .graph .execution rect { fill: var(--paper); }
.graph .root rect { stroke: var(--a); stroke-width: 3; } .graph text { fill: currentColor; text-anchor: middle; }
.graph .below { fill: var(--soft); font: 11px ui-monospace, monospace; } .graph .root text:first-of-type { font-weight: 700; }
.graph .edges path { fill: none; stroke: var(--soft); stroke-width: 1.3; } .graph marker path { fill: var(--soft); }
pre { margin: 0 0 12px; padding: 10px 14px; background: var(--card); border: 1px solid var(--line); border-radius: 8px; white-space: pre-wrap; }
.does { margin: 0 0 4px; }
footer { margin-top: 52px; padding-top: 12px; border-top: 1px solid var(--line); }
@media (max-width: 560px) {
  body { padding: 14px 14px 48px; } header h1 { font-size: 24px; } .verdict { padding: 14px 16px; } .verdict .main { font-size: 16px; }
  .flip summary { flex-wrap: wrap; gap: 2px 8px; } .flip .gain { min-width: 0; } .flip .title { flex-basis: 100%; padding-left: 1.4em; }
  .asked { grid-template-columns: minmax(0, 1fr); gap: 2px; } .asked dd { margin-bottom: 8px; }
  .who { grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 10px 16px; }
}
@media print {
  nav { display: none; } h2 { margin-top: 26px; padding-top: 10px; } .verdict, .answer { break-inside: avoid; }
  details::details-content { content-visibility: visible; block-size: auto; } .flip summary::before, .flip[open] summary::before { content: ""; width: 0; } .flip .gain { min-width: 0; }
  .matrices { grid-template-columns: repeat(auto-fit, minmax(300px, 1fr)); }
  table { font-size: 9.5pt; } th, td { padding-right: 8px; } th.n, td.n { white-space: normal; }
  .graph { min-width: 0 !important; } a { color: inherit; text-decoration: none; }
}
`;
