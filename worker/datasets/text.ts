/** What the command line needs to show untrusted text and small charts. */
export { rangeOf, textBars } from '../../data/look/bars.ts';
export { visible } from '../../data/look/visible.ts';
