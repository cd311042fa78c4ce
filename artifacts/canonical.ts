import { createHash } from 'node:crypto';
import { canonicalJson } from '../configs/canonical-json.ts';

/** `sha256:…` of text or bytes. */
export function digestOf(data: string | Uint8Array): string {
  return `sha256:${createHash('sha256').update(data).digest('hex')}`;
}

/** The 64 hex digits of a digest. */
export function hexOf(digest: string): string {
  return digest.slice('sha256:'.length);
}

/**
 * Flattens nested settings to named parts (`params.lora.rank` → `8`), so that a cache key can be
 * compared part by part. Lists count as one part.
 */
export function namedParts(prefix: string, value: unknown): Record<string, string> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return value === undefined ? {} : { [prefix]: canonicalJson(value) };
  }
  return Object.assign({}, ...Object.entries(value).map(([key, inner]) => namedParts(`${prefix}.${key}`, inner)));
}
