import type { Schema } from './plan.ts';

/** The small pieces of the intermediate representation. */

export const artifact = (schema: Schema): object => ({ artifactType: { schemaTitle: schema, schemaVersion: '0.0.1' } });

export const parameter = (type: string): object => ({ parameterType: type });

/** A section that is left out where it is empty, as the compiler of kfp does. */
export const unlessEmpty = (name: string, section: object): { [name: string]: object } =>
  Object.keys(section).length === 0 ? {} : { [name]: section };

/** The same keys with other values. */
export const mapValues = <From, To>(
  of: Record<string, From>,
  to: (value: From, key: string) => To,
): Record<string, To> => Object.fromEntries(Object.entries(of).map(([key, value]) => [key, to(value, key)]));

/** How the compiler of kfp calls what goes into a condition. */
export const channel = (task: string, output: string): string => `pipelinechannel--${task}-${output}`;
