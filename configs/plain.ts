import { stripVTControlCharacters } from 'node:util';

/** One line without control characters: for text from data, models or other programs that goes to a terminal. */
export function plain(value: string): string {
  // oxlint-disable-next-line no-control-regex
  return stripVTControlCharacters(value).replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ');
}
