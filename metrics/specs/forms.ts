import { editSimilarity } from '../edit-similarity.ts';
import { schemaTest } from '../json-schema.ts';
import type { Metric } from '../metric.ts';
import { numericMatch } from '../numeric.ts';
import { patternTest } from '../regex.ts';
import { TOOL_CALL_METRICS, type ToolCallMetric } from '../tools/tool-calls.ts';
import { TRAJECTORY_METRICS, trajectorySingleToolUse, type TrajectoryMetric } from '../tools/trajectories.ts';
import { meanMetric } from './kinds.ts';
import { flag, MetricSpecError, number, readOptions, text } from './options.ts';

type Make = (spec: string, written: ReadonlyMap<string, string>, resources: Resources) => Metric;

/** What metrics cannot read themselves. */
export interface Resources {
  /** JSON Schemas by the name that `jsonSchema:file=…` gives. */
  schemas?: Readonly<Record<string, unknown>>;
}

const edits: Make = (spec, written) => {
  readOptions(spec, written, {});
  return meanMetric(
    {
      spec,
      range: [0, 1],
      better: 'higher',
      isBinary: false,
      signature: 'editSimilarity|distance:levenshtein|multi:best',
    },
    (prediction, references) => Math.max(...references.map((reference) => editSimilarity(prediction, reference))),
  );
};

const numeric: Make = (spec, written) => {
  const { absolute = 0, relative = 0 } = readOptions(spec, written, {
    absolute: number(0, Number.MAX_VALUE),
    relative: number(0, Number.MAX_VALUE),
  });
  const signature = `numeric|number:last|absolute:${absolute}|relative:${relative}|multi:any`;
  return meanMetric({ spec, range: [0, 1], better: 'higher', isBinary: true, signature }, (prediction, references) => {
    const found = references.map((reference) => numericMatch(prediction, reference, { absolute, relative }));
    if (found.every((one) => one === null)) return { value: null, why: 'no reference has a number' };
    return found.includes(1) ? 1 : 0;
  });
};

const regex: Make = (spec, written) => {
  const { pattern } = readOptions(spec, written, { pattern: text });
  if (pattern === undefined)
    throw new MetricSpecError(`"${spec}": missing: expected pattern, e.g. regex:pattern=^[A-Z]{3}$`);
  let test: (prediction: string) => 0 | 1;
  try {
    test = patternTest(pattern);
  } catch (error) {
    throw new MetricSpecError(`"${spec}": ${error instanceof Error ? error.message : String(error)}`);
  }
  const about = { spec, range: [0, 1] as const, better: 'higher' as const, isBinary: true, needsReference: false };
  return meanMetric({ ...about, signature: `regex|pattern:${pattern}|flags:u` }, (prediction) => test(prediction));
};

const jsonSchema: Make = (spec, written, { schemas = {} }) => {
  const { file, fence = false } = readOptions(spec, written, { file: text, fence: flag });
  if (file === undefined)
    throw new MetricSpecError(
      `"${spec}": missing: expected file, a JSON Schema, e.g. jsonSchema:file=reply.schema.json`,
    );
  if (!Object.hasOwn(schemas, file)) throw new MetricSpecError(`"${spec}": the schema ${file} was not given`);
  let test: (prediction: string) => 0 | 1;
  try {
    test = schemaTest(schemas[file], { fence });
  } catch (error) {
    throw new MetricSpecError(
      `"${spec}": ${file} is no JSON Schema: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  const about = { spec, range: [0, 1] as const, better: 'higher' as const, isBinary: true, needsReference: false };
  return meanMetric({ ...about, signature: `jsonSchema|file:${file}|fence:${fence ? 'yes' : 'no'}` }, (prediction) =>
    test(prediction),
  );
};

/** A trajectory or calls of the row itself count before the text of the answer. */
const own = (
  row: Readonly<Record<string, unknown>> | undefined,
  keys: readonly string[],
  otherwise: unknown,
): unknown => keys.map((key) => row?.[key]).find((value) => value !== undefined && value !== null) ?? otherwise;

const calls =
  (name: ToolCallMetric): Make =>
  (spec, written) => {
    readOptions(spec, written, {});
    const isValid = name === 'tool_call_valid';
    const about = { spec, range: [0, 1] as const, better: 'higher' as const, signature: `${name}|match:multiset` };
    return meanMetric(
      { ...about, isBinary: isValid || name === 'tool_name_match', needsReference: !isValid },
      (prediction, references) => {
        const metric = TOOL_CALL_METRICS[name];
        if (isValid) return metric(prediction, undefined) as number;
        const found = references.map((reference) => metric(prediction, reference)).filter((one) => one !== null);
        return found.length === 0 ? { value: null, why: 'no reference is a list of tool calls' } : Math.max(...found);
      },
    );
  };

const trajectory =
  (name: TrajectoryMetric): Make =>
  (spec, written) => {
    readOptions(spec, written, {});
    const isBinary = name.endsWith('_match');
    const about = { spec, range: [0, 1] as const, better: 'higher' as const, isBinary, needsReference: false };
    return meanMetric({ ...about, signature: `${name}|match:multiset` }, (prediction, references, { row }) => {
      const found = own(row, ['predicted_trajectory'], prediction);
      const expected = row?.['reference_trajectory'] === undefined ? references : [row['reference_trajectory']];
      const scores = expected
        .map((reference) => TRAJECTORY_METRICS[name](found, reference))
        .filter((one) => one !== null);
      return scores.length === 0 ? { value: null, why: 'no reference is a trajectory' } : Math.max(...scores);
    });
  };

const singleTool: Make = (spec, written) => {
  const { tool } = readOptions(spec, written, { tool: text });
  if (tool === undefined)
    throw new MetricSpecError(
      `"${spec}": missing: expected tool, the name of one, e.g. trajectory_single_tool_use:tool=search`,
    );
  const about = { spec, range: [0, 1] as const, better: 'higher' as const, isBinary: true, needsReference: false };
  return meanMetric(
    { ...about, signature: `trajectory_single_tool_use|tool:${tool}` },
    (prediction, _references, { row }) => trajectorySingleToolUse(own(row, ['predicted_trajectory'], prediction), tool),
  );
};

/** Metrics of the form of an answer: numbers, patterns, JSON, tool calls. */
export const FORMS = {
  editSimilarity: edits,
  numeric,
  regex,
  jsonSchema,
  tool_call_valid: calls('tool_call_valid'),
  tool_name_match: calls('tool_name_match'),
  tool_parameter_key_match: calls('tool_parameter_key_match'),
  tool_parameter_kv_match: calls('tool_parameter_kv_match'),
  trajectory_exact_match: trajectory('trajectory_exact_match'),
  trajectory_in_order_match: trajectory('trajectory_in_order_match'),
  trajectory_any_order_match: trajectory('trajectory_any_order_match'),
  trajectory_precision: trajectory('trajectory_precision'),
  trajectory_recall: trajectory('trajectory_recall'),
  trajectory_single_tool_use: singleTool,
} satisfies Record<string, Make>;
