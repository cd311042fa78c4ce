/** Pages about runs and lines, for the command line. */
export { runPage } from '../activities/reporting/run-page.ts';
export { linePage } from '../evaluation/line/page.ts';
