import { ApiError, type OpenAiState, type StoredModel } from './state.ts';

/** A request for a job that the service takes. */
export interface JobRequest {
  model: string;
  training_file: string;
  validation_file?: string;
  suffix?: string;
  seed?: number;
  metadata?: Record<string, string>;
  method?: { type: 'supervised' | 'dpo'; [name: string]: unknown };
  epochs: number;
}

const FIELDS = [
  'model',
  'training_file',
  'validation_file',
  'suffix',
  'seed',
  'metadata',
  'method',
  'integrations',
  'hyperparameters',
];
const NUMBERS: Record<string, [least: number, most: number]> = {
  n_epochs: [1, 50],
  batch_size: [1, 256],
  learning_rate_multiplier: [1e-6, 100],
  beta: [1e-6, 2],
};

/** Reads a request for a job. Throws what the service would say. */
export function checkJob(state: OpenAiState, body: unknown): JobRequest {
  const request = body as Record<string, unknown>;
  const unknown = Object.keys(request).find((name) => !FIELDS.includes(name));
  if (unknown && !state.lacks('fields'))
    throw new ApiError(400, `Unknown parameter: '${unknown}'.`, { param: unknown, code: 'unknown_parameter' });
  for (const name of ['model', 'training_file'])
    if (typeof request[name] !== 'string')
      throw new ApiError(400, `Missing required parameter: '${name}'.`, {
        param: name,
        code: 'missing_required_parameter',
      });
  const model = String(request['model']);
  if (!state.bases().includes(model) && !state.journal.get<StoredModel>('models', model))
    throw new ApiError(400, `Model ${model} is not available for fine-tuning or does not exist.`, {
      param: 'model',
      code: 'model_not_available',
    });
  const { suffix } = request;
  if (typeof suffix === 'string' && suffix.length > 64)
    throw new ApiError(
      400,
      `Invalid 'suffix': string too long. Expected a string with maximum length 64, but got a string with length ${suffix.length} instead.`,
      {
        param: 'suffix',
        code: 'string_above_max_length',
      },
    );
  checkMetadata((request['metadata'] ?? {}) as Record<string, unknown>);
  const method = request['method'] as JobRequest['method'];
  if (method && method.type !== 'supervised' && method.type !== 'dpo')
    throw new ApiError(400, `Invalid value: '${String(method.type)}'. Supported values are: 'supervised' and 'dpo'.`, {
      param: 'method.type',
      code: 'invalid_value',
    });
  const inner = method?.[method.type] as { hyperparameters?: Record<string, unknown> } | undefined;
  const hyper = inner?.hyperparameters ?? (request['hyperparameters'] as Record<string, unknown> | undefined) ?? {};
  checkNumbers(hyper, method?.type ?? 'supervised');
  const epochs = hyper['n_epochs'];
  return { ...(request as unknown as JobRequest), epochs: typeof epochs === 'number' ? epochs : 3 };
}

function checkMetadata(metadata: Record<string, unknown>): void {
  const entries = Object.entries(metadata);
  if (entries.length > 16)
    throw new ApiError(400, `Invalid 'metadata': too many properties. Expected an object with at most 16 properties.`, {
      param: 'metadata',
      code: 'object_above_max_properties',
    });
  for (const [key, value] of entries)
    if (key.length > 64 || typeof value !== 'string' || value.length > 512)
      throw new ApiError(400, `Invalid 'metadata.${key}': expected a string of at most 512 characters.`, {
        param: `metadata.${key}`,
        code: 'invalid_type',
      });
}

function checkNumbers(hyper: Record<string, unknown>, method: string): void {
  for (const [name, value] of Object.entries(hyper)) {
    const param = `method.${method}.hyperparameters.${name}`;
    const range = name === 'beta' && method !== 'dpo' ? undefined : NUMBERS[name];
    if (!range) throw new ApiError(400, `Unknown parameter: '${param}'.`, { param, code: 'unknown_parameter' });
    if (value === 'auto') continue;
    const isWhole = name !== 'n_epochs' || Number.isInteger(value);
    if (typeof value !== 'number' || !isWhole || value < range[0] || value > range[1])
      throw new ApiError(400, `Invalid value for '${param}': ${JSON.stringify(value)}.`, {
        param,
        code: 'invalid_value',
      });
  }
}
