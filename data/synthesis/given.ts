import type { Data } from '../../configs/data.ts';
import { columnsOf } from '../../configs/template.ts';
import { labelOf } from '../look/labels.ts';
import { createStatistics } from '../look/statistics.ts';
import type { Row } from '../row.ts';
import { countLabels } from './report.ts';
import type { Given } from './strategy.ts';

/** Training rows with their classes filled in where answers are classes. */
export function labelled(rows: readonly Row[]): Row[] {
  const statistics = createStatistics();
  for (const row of rows) statistics.add(row);
  if (statistics.result().labels.by === 'none') return [...rows];
  return rows.map((row) => {
    const label = labelOf(row);
    return label === undefined || row.label !== undefined ? row : { ...row, label };
  });
}

/**
 * What strategies know of prepared training rows; of failures nothing.
 *
 * @param label Column that names the class.
 */
export function givenFrom(
  train: readonly Row[],
  { template, label }: Pick<Data, 'template' | 'label'>,
): Omit<Given, 'task' | 'seed' | 'grammar'> {
  const rows = labelled(train);
  const answer = template && /^\s*\{\{\s*([^{}]+?)\s*\}\}\s*$/.exec(template.completion)?.[1];
  const labelColumn = label ?? answer;
  const isColumn = labelColumn !== undefined && template !== undefined && columnsOf(template).includes(labelColumn);
  return {
    rows: rows.filter((row) => row.document === undefined),
    documents: rows.filter((row) => row.document !== undefined),
    labels: countLabels(rows),
    failures: new Map(),
    template,
    labelColumn: isColumn ? labelColumn : undefined,
  };
}
