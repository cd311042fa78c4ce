import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { Html } from './html.ts';

/** Width of a chart in its own units; the page scales it. */
export const WIDTH = 410;

/** A chart of Observable Plot as SVG, drawn without a browser; `alt` says what it shows. */
export function draw(options: Plot.PlotOptions, alt: string, width = WIDTH): Html {
  const { document } = parseHTML('<html><body></body></html>');
  const svg = Plot.plot({
    ...options,
    document,
    width,
    className: 'plot',
    ariaLabel: alt,
    style: { fontSize: '11.5px', fontFamily: 'system-ui, sans-serif', background: 'none', overflow: 'visible' },
  });
  svg.setAttribute('role', 'img');
  return new Html(svg.outerHTML);
}
