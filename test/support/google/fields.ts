import { Refusal } from './errors.ts';

/** What a field may hold: a type, the names of an enum, a message, or (in brackets) several of one. */
export type Shape = 'string' | 'int64' | 'double' | 'bool' | 'any' | 'map' | EnumShape | MessageShape | [Shape];

interface EnumShape {
  values: readonly string[];
}

interface MessageShape {
  fields: Record<string, Shape>;
}

const message = (fields: Record<string, Shape>): MessageShape => ({ fields });
const enumOf = (prefix: string, names: string): EnumShape => ({
  values: names.split(' ').map((name) => `${prefix}_${name}`),
});

const ADAPTER = enumOf('ADAPTER_SIZE', 'UNSPECIFIED ONE FOUR EIGHT SIXTEEN THIRTY_TWO TWO');
const HYPER = message({ epochCount: 'int64', learningRateMultiplier: 'double', adapterSize: ADAPTER });

const supervised = (more: Record<string, Shape>): MessageShape =>
  message({
    trainingDatasetUri: 'string',
    validationDatasetUri: 'string',
    hyperParameters: HYPER,
    exportLastCheckpointOnly: 'bool',
    evaluationConfig: 'any',
    ...more,
  });

const JOB = {
  name: 'string',
  tunedModelDisplayName: 'string',
  description: 'string',
  labels: 'map',
  baseModel: 'string',
  preTunedModel: message({ tunedModelName: 'string', checkpointId: 'string', baseModel: 'string' }),
  experiment: 'string',
  encryptionSpec: message({ kmsKeyName: 'string' }),
  serviceAccount: 'string',
  tunedModel: 'any',
  evaluateDatasetRuns: 'any',
} satisfies Record<string, Shape>;

/** A TuningJob of v1 and of v1beta1, which alone has preference tuning. */
export const TUNING_JOB: Record<string, MessageShape> = {
  v1: message({ ...JOB, supervisedTuningSpec: supervised({}) }),
  v1beta1: message({
    ...JOB,
    supervisedTuningSpec: supervised({ tuningMode: enumOf('TUNING_MODE', 'UNSPECIFIED FULL PEFT_ADAPTER') }),
    preferenceOptimizationSpec: message({
      trainingDatasetUri: 'string',
      validationDatasetUri: 'string',
      hyperParameters: message({ ...HYPER.fields, beta: 'double' }),
      exportLastCheckpointOnly: 'bool',
    }),
    customBaseModel: 'string',
    outputUri: 'string',
  }),
};

const PART = message({ text: 'string', thought: 'bool', inlineData: 'any', fileData: 'any', functionCall: 'any' });
const CONTENT = message({ role: 'string', parts: [PART] });

/** A request of generateContent. */
export const GENERATE: MessageShape = message({
  model: 'string',
  contents: [CONTENT],
  systemInstruction: CONTENT,
  cachedContent: 'string',
  tools: 'any',
  toolConfig: 'any',
  labels: 'map',
  safetySettings: 'any',
  generationConfig: message({
    temperature: 'double',
    topP: 'double',
    topK: 'double',
    candidateCount: 'int64',
    maxOutputTokens: 'int64',
    stopSequences: ['string'],
    responseLogprobs: 'bool',
    logprobs: 'int64',
    presencePenalty: 'double',
    frequencyPenalty: 'double',
    seed: 'int64',
    responseMimeType: 'string',
    responseSchema: 'any',
    responseJsonSchema: 'any',
    routingConfig: 'any',
    audioTimestamp: 'bool',
    responseModalities: 'any',
    mediaResolution: 'any',
    speechConfig: 'any',
    thinkingConfig: 'any',
  }),
});

/** A request of countTokens. */
export const COUNT: MessageShape = message({ ...GENERATE.fields, instances: 'any' });

/** A BatchPredictionJob, as far as Gemini models use it. */
export const BATCH: MessageShape = message({
  displayName: 'string',
  model: 'string',
  labels: 'map',
  inputConfig: message({ instancesFormat: 'string', gcsSource: message({ uris: ['string'] }), bigquerySource: 'any' }),
  outputConfig: message({
    predictionsFormat: 'string',
    gcsDestination: message({ outputUriPrefix: 'string' }),
    bigqueryDestination: 'any',
  }),
  instanceConfig: 'any',
  modelParameters: 'any',
  encryptionSpec: 'any',
  serviceAccount: 'string',
});

/**
 * Reads a body as Google's JSON parser does: both spellings of names, enums by name or number, int64 as text or number.
 * Throws INVALID_ARGUMENT for a name that is not known and for a value that does not fit.
 */
export function readMessage(body: unknown, shape: MessageShape, at = ''): Record<string, unknown> {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw badValue(at, 'Message', body);
  return Object.fromEntries(
    Object.entries(body)
      .filter(([, value]) => value !== null)
      .map(([key, value]) => {
        const name = key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
        const inner = shape.fields[name];
        if (!inner) throw unknownName(key, at);
        return [name, readValue(value, inner, at === '' ? snake(name) : `${at}.${snake(name)}`)];
      }),
  );
}

function readValue(value: unknown, shape: Shape, at: string): unknown {
  if (Array.isArray(shape)) {
    if (!Array.isArray(value)) throw badValue(at, 'Array', value);
    return value.map((one, i) => readValue(one, shape[0], `${at}[${i}]`));
  }
  if (typeof shape === 'object')
    return 'fields' in shape ? readMessage(value, shape, at) : readEnum(value, shape.values, at);
  if (shape === 'any') return value;
  if (shape === 'map') return readMap(value, at);
  if (shape === 'bool' || shape === 'string') {
    if (typeof value !== (shape === 'bool' ? 'boolean' : 'string'))
      throw badValue(at, `TYPE_${shape.toUpperCase()}`, value);
    return value;
  }
  const isNumber = typeof value === 'number' || (typeof value === 'string' && /^-?[\d.]+(e-?\d+)?$/i.test(value));
  const number = Number(value);
  if (!isNumber || !Number.isFinite(number) || (shape === 'int64' && !Number.isInteger(number)))
    throw badValue(at, `TYPE_${shape.toUpperCase()}`, value);
  return shape === 'int64' ? String(number) : number;
}

function readEnum(value: unknown, values: readonly string[], at: string): string {
  const found = typeof value === 'number' ? values[value] : values.find((name) => name === value);
  if (found === undefined) throw badValue(at, `TYPE_ENUM`, value);
  return found;
}

function readMap(value: unknown, at: string): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw badValue(at, 'Map', value);
  for (const [key, one] of Object.entries(value))
    if (typeof one !== 'string') throw badValue(`${at}[${key}].value`, 'TYPE_STRING', one);
  return value;
}

const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

function refused(text: string, field: string): Refusal {
  return new Refusal('INVALID_ARGUMENT', text, {
    details: [
      { '@type': 'type.googleapis.com/google.rpc.BadRequest', fieldViolations: [{ field, description: text }] },
    ],
  });
}

const badValue = (at: string, type: string, value: unknown): Refusal =>
  refused(`Invalid value at '${at}' (${type}), ${JSON.stringify(value)}`, at);

const unknownName = (name: string, at: string): Refusal =>
  refused(`Invalid JSON payload received. Unknown name "${name}"${at ? ` at '${at}'` : ''}: Cannot find field.`, at);
