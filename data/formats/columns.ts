import { columnsOf } from '../../configs/template.ts';
import type { Content } from '../row.ts';
import { render, unusable } from '../template.ts';
import { flawOf } from './flaw.ts';
import type { Format, FormatOptions } from './format.ts';
import { said, withRest } from './rest.ts';

type Template = NonNullable<FormatOptions['template']>;

/** The columns of a template never change within a run, so they are looked for once. */
const known = new WeakMap<Template, ReadonlySet<string>>();

/** The columns that a template names. */
export function templateColumns(template: Template): ReadonlySet<string> {
  const found = known.get(template) ?? new Set(columnsOf(template));
  known.set(template, found);
  return found;
}

/** Any row, made a conversation by the recipe's template. */
export const columns: Format = {
  name: 'columns',
  fits: () => true,
  read(value, options) {
    const { template } = options;
    if (!template) return 'is read by its columns, for which data.template has to say what is asked and answered';
    const names = templateColumns(template);
    const reason = unusable(value, [...names]);
    if (reason) return reason;
    for (const name of names) {
      const flaw = flawOf(value[name]);
      if (flaw) return `has ${flaw} in column ${JSON.stringify(name)}`;
    }
    const content: Content = {
      messages: [
        ...(template.system === undefined ? [] : [said('system', render(template.system, value))]),
        said('user', render(template.prompt, value)),
        said('assistant', render(template.completion, value)),
      ],
    };
    return withRest(content, value, names, options);
  },
};
