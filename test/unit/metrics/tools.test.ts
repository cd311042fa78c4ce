import { describe, expect, test } from 'vitest';
import { readCalls, spelled } from '../../../metrics/tools/calls.ts';
import { TOOL_CALL_METRICS } from '../../../metrics/tools/tool-calls.ts';
import { TRAJECTORY_METRICS, trajectorySingleToolUse } from '../../../metrics/tools/trajectories.ts';

const vertex = (...calls: [name: string, args: unknown][]): string =>
  JSON.stringify({ content: '', tool_calls: calls.map(([name, args]) => ({ name, arguments: args })) });
const trajectory = (...calls: [name: string, input: unknown][]): unknown =>
  calls.map(([tool_name, tool_input]) => ({ tool_name, tool_input }));

describe('calls are read', () => {
  const expected = [{ name: 'find', arguments: { city: 'Bern' } }];
  test.each([
    ["Vertex's text", vertex(['find', { city: 'Bern' }])],
    ["OpenAI's list", [{ id: 'c1', type: 'function', function: { name: 'find', arguments: '{"city":"Bern"}' } }]],
    ["OpenAI's message", { tool_calls: [{ function: { name: 'find', arguments: '{"city":"Bern"}' } }] }],
    ['a trajectory', trajectory(['find', { city: 'Bern' }])],
    ['a trajectory as text', JSON.stringify(trajectory(['find', { city: 'Bern' }]))],
  ])('from %s', (_form, value) => {
    expect(readCalls(value)).toEqual(expected);
  });

  test.each([
    ['prose', 'I would call find(city=Bern)'],
    ['an empty text', ''],
    ['a number', '3'],
    ['null', null],
    ['arguments that are not JSON', vertex(['find', '{city: Bern}'])],
    ['arguments that are a list', vertex(['find', ['Bern']])],
    ['a call without a name', vertex(['', {}])],
    ['nesting beyond reason', `[{"name":"f","arguments":{"a":${'['.repeat(50_000)}${']'.repeat(50_000)}}}]`],
  ])('but not from %s, which scores 0 everywhere', (_form, value) => {
    expect(readCalls(value)).toBeUndefined();
    for (const metric of Object.values(TOOL_CALL_METRICS)) expect(metric(value, vertex(['find', {}]))).toBe(0);
    for (const metric of Object.values(TRAJECTORY_METRICS)) expect(metric(value, trajectory(['find', {}]))).toBe(0);
    expect(trajectorySingleToolUse(value, 'find')).toBe(0);
  });
});

test('values are equal whatever the order of keys, and lists are not objects', () => {
  expect(spelled({ b: [1, { d: 2, c: 3 }], a: null })).toBe(spelled({ a: null, b: [1.0, { c: 3, d: 2 }] }));
  expect(spelled([1, 2])).not.toBe(spelled([2, 1]));
  expect(spelled({ a: 1 })).not.toBe(spelled(['{}', ['a', 1]]));
  expect(spelled('1')).not.toBe(spelled(1));
  expect(spelled(JSON.parse('{"__proto__":1}'))).not.toBe(spelled({}));
});

describe('tool calls', () => {
  const reference = vertex(['find', { city: 'Bern', days: [1, 2] }], ['book', { room: { beds: 2, view: 'lake' } }]);

  test('are valid when well formed, at least one, whatever was expected', () => {
    expect(TOOL_CALL_METRICS.tool_call_valid(vertex(['other', {}]))).toBe(1);
    expect(TOOL_CALL_METRICS.tool_call_valid(vertex())).toBe(0);
  });

  test('made at once match in any order, each once', () => {
    const swapped = vertex(['book', { room: { view: 'lake', beds: 2 } }], ['find', { days: [1, 2], city: 'Bern' }]);
    for (const metric of Object.values(TOOL_CALL_METRICS)) expect(metric(swapped, reference)).toBe(1);
    expect(TOOL_CALL_METRICS.tool_name_match(vertex(['find', {}], ['find', {}]), reference)).toBe(0);
    expect(TOOL_CALL_METRICS.tool_name_match(vertex(['find', {}]), reference)).toBe(0);
  });

  test('share their parameters by name, by name and value, and of the right tool only', () => {
    const half = vertex(['find', { city: 'Basel', days: [1, 2] }], ['book', { bed: 1 }]);
    expect(TOOL_CALL_METRICS.tool_parameter_key_match(half, reference)).toBeCloseTo(2 / 3, 12);
    expect(TOOL_CALL_METRICS.tool_parameter_kv_match(half, reference)).toBeCloseTo(1 / 3, 12);
    expect(TOOL_CALL_METRICS.tool_parameter_key_match(vertex(['seek', { city: 'Bern' }]), reference)).toBe(0);
    const more = vertex(['find', { city: 'Bern', days: [1, 2], a: 1, b: 2, c: 3 }], ['book', {}]);
    expect(TOOL_CALL_METRICS.tool_parameter_key_match(more, reference)).toBe(2 / 5);
    expect(TOOL_CALL_METRICS.tool_parameter_kv_match(vertex(['now', {}]), vertex(['now', {}]))).toBe(1);
  });

  test('cannot be compared with a reference that is no list of calls', () => {
    expect(TOOL_CALL_METRICS.tool_name_match(reference, 'call find')).toBeNull();
    expect(TRAJECTORY_METRICS.trajectory_recall(reference, 'call find')).toBeNull();
  });
});

describe('trajectories', () => {
  test('count a repeated call as often as it was expected', () => {
    const once = trajectory(['a', { n: 1 }], ['b', {}]);
    const twice = trajectory(['a', { n: 1 }], ['a', { n: 1 }], ['b', {}]);
    expect(TRAJECTORY_METRICS.trajectory_precision(twice, once)).toBeCloseTo(2 / 3, 12);
    expect(TRAJECTORY_METRICS.trajectory_recall(twice, once)).toBe(1);
    expect(TRAJECTORY_METRICS.trajectory_recall(once, twice)).toBeCloseTo(2 / 3, 12);
    expect(TRAJECTORY_METRICS.trajectory_any_order_match(once, twice)).toBe(0);
    expect(TRAJECTORY_METRICS.trajectory_in_order_match(twice, once)).toBe(1);
    expect(TRAJECTORY_METRICS.trajectory_exact_match(twice, once)).toBe(0);
  });

  test('need the same input, not only the same tool', () => {
    const [made, wanted] = [trajectory(['a', { n: 2 }]), trajectory(['a', { n: 1 }])];
    for (const metric of Object.values(TRAJECTORY_METRICS)) expect(metric(made, wanted)).toBe(0);
    expect(trajectorySingleToolUse(made, 'a')).toBe(1);
  });

  test('of no calls match only an empty expectation', () => {
    for (const metric of Object.values(TRAJECTORY_METRICS)) expect(metric([], [])).toBe(1);
    expect(TRAJECTORY_METRICS.trajectory_precision([], trajectory(['a', {}]))).toBe(0);
    expect(TRAJECTORY_METRICS.trajectory_recall(trajectory(['a', {}]), [])).toBe(0);
  });
});
