import { terminal } from '../../configs/failure.ts';
import { limitsOf, type Limits } from '../../configs/limits.ts';
import type { VertexTuning } from '../../configs/tune-vertex.ts';
import type { RemoteModel } from '../../configs/remote-model.ts';
import type { TuneSettings } from '../contracts.ts';
import type { VendorFiles } from './rows.ts';

/**
 * What can be known of settings before anybody is asked: the service drops what it does not know without a word, and
 * takes a text for the number 0.
 *
 * @throws TerminalError `BadRecipe` with field and remedy.
 */
export function checkSettings(base: RemoteModel, settings: TuneSettings): Limits | undefined {
  const { objective = 'sft', choose } = settings;
  const vertex: Partial<VertexTuning> = settings.vertex ?? {};
  const limits = limitsOf(base.base);
  const refuse = (field: string, message: string): never => {
    throw terminal('BadRecipe', `${field}: ${message}`, { field });
  };
  if (limits && limits.vendor !== 'vertex')
    return refuse('model.for.vertex', `${base.base} is no model of Vertex AI: give one such as gemini-2.5-flash-lite`);
  if (limits && !limits.methods.includes(objective))
    return refuse(
      'tune.objective',
      `${base.base} cannot be tuned by ${objective} (${limits.source}, ${limits.checked})`,
    );
  if (vertex.adapterSize !== undefined && limits?.adapterSizes && !limits.adapterSizes.includes(vertex.adapterSize))
    return refuse(
      'tune.vertex.adapterSize',
      `${base.base} takes ${limits.adapterSizes.join(', ')}, found ${vertex.adapterSize} (${limits.source}, ${limits.checked})`,
    );
  if (vertex.beta !== undefined && objective !== 'preference')
    return refuse('tune.vertex.beta', 'is for tune.objective preference alone: remove it');
  if (vertex.evaluation && objective !== 'sft')
    return refuse('tune.vertex.evaluation', 'is for tune.objective sft alone: remove it');
  if (choose?.checkpoint === 'best' && objective !== 'sft')
    return refuse(
      'tune.choose.checkpoint',
      'best compares answers with those of the rows, for tune.objective sft alone: set it to last',
    );
  if (choose?.checkpoint === 'best' && vertex.lastCheckpointOnly)
    return refuse(
      'tune.vertex.lastCheckpointOnly',
      'keeps one checkpoint, and tune.choose wants the best of all: remove one',
    );
  if (!settings.store?.startsWith('gs://'))
    return refuse('store', 'Vertex AI reads its rows from a bucket: give gs://BUCKET/PREFIX');
  return limits;
}

/** What can be known of rows. @throws TerminalError `BadRows` */
export function checkFiles(base: string, files: VendorFiles, limits: Limits | undefined): void {
  if (!limits) return;
  const { minRows, maxRows, maxFileBytes, maxValidationRows, source, checked } = limits;
  const says = `(${source}, ${checked})`;
  const { train, validation } = files;
  if (minRows !== undefined && train.rows < minRows)
    throw terminal(
      'BadRows',
      `${base} takes at least ${figure(minRows)} training rows, found ${figure(train.rows)} ${says}`,
    );
  if (maxRows !== undefined && train.rows > maxRows)
    throw terminal(
      'BadRows',
      `${base} takes at most ${figure(maxRows)} training rows, found ${figure(train.rows)} ${says}`,
    );
  if (maxFileBytes !== undefined && train.bytes > maxFileBytes)
    throw terminal(
      'BadRows',
      `${base} takes a training file of at most ${figure(maxFileBytes)} bytes, this one has ${figure(train.bytes)} ${says}: train on fewer rows`,
    );
  if (maxValidationRows !== undefined && validation && validation.rows > maxValidationRows)
    throw terminal(
      'BadRows',
      `${base} takes at most ${figure(maxValidationRows)} validation rows, found ${figure(validation.rows)} ${says}: lower tune.vertex.validation or tune.choose.dev`,
    );
}

const figure = (value: number): string => value.toLocaleString('en-US');
