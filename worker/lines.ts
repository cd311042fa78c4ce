/** What the command line needs to tell of a line. */
export { lineDocument, SHOWN } from '../activities/reporting/line-document.ts';
export type { LineCell, LineDocument, LineModel, LinePeriod } from '../evaluation/line/model.ts';
export {
  countsInWords,
  leftOutInWords,
  lifeInWords,
  placeOf,
  reachOf,
  spellInterval,
  spellScore,
} from '../evaluation/line/spell.ts';
