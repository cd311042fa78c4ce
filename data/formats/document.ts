import type { Content } from '../row.ts';
import type { Format } from './format.ts';
import { lostBeside, TAKEN, unwritable, withColumns } from './losses.ts';
import { isReason, textAt, withRest } from './rest.ts';

const USED: ReadonlySet<string> = new Set(['text', 'title', 'uri', 'url']);

/** What may stand beside a text that is a document; of other columns a text is one of many, e.g. one to classify. */
const ABOUT: ReadonlySet<string> = new Set([
  ...USED,
  'id',
  'source',
  'meta',
  'metadata',
  'date',
  'timestamp',
  'lang',
  'language',
  'author',
  'license',
  'anneal',
]);

/** A grounding document. */
export const document: Format = {
  name: 'document',
  fits(value) {
    if (typeof value['text'] !== 'string') return false;
    return Object.keys(value).every((key) => ABOUT.has(key) || value[key] === null);
  },
  read(value, options) {
    const [text, title, uri, url] = ['text', 'title', 'uri', 'url'].map((key) => textAt(value, key));
    for (const found of [text, title, uri, url]) if (isReason(found)) return found.reason;
    if (typeof text !== 'string') return 'has no "text"';
    const where = uri ?? url;
    const content: Content = {
      messages: [],
      document: {
        text,
        ...(typeof title === 'string' ? { title } : {}),
        ...(typeof where === 'string' ? { uri: where } : {}),
      },
    };
    return withRest(content, value, uri === undefined ? USED : WITHOUT_URL, options);
  },
  write(row) {
    if (!row.document) return unwritable('is no document');
    const lost = lostBeside(row, ['columns']);
    if (row.messages.length > 0) lost.add('messages');
    const { label: _label, ...unlabelled } = row;
    const value = withColumns({ ...row.document }, unlabelled, lost, TAKEN);
    // A key that is not about a document would make it look like something else.
    for (const key of Object.keys(value)) {
      if (ABOUT.has(key)) continue;
      delete value[key];
      lost.add('columns');
    }
    return { value, lost: [...lost] };
  },
};

const WITHOUT_URL: ReadonlySet<string> = new Set(['text', 'title', 'uri']);
