/** Pages about runs, for the command line. */
export { runPage } from '../activities/reporting/run-page.ts';
