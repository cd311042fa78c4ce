/** How secrets of the vendors look, and what stands in their place. */
const SHAPES: readonly [RegExp, string][] = [
  // A private key, whole or cut off, with real line ends or written ones.
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----(?:\\n)?|$)/g, '[private key]'],
  // Google: access token, refresh token, API key, client secret.
  [/\bya29\.[\w.~+/-]+/g, '[token]'],
  [/\b1\/\/[\w-]{10,}/g, '[token]'],
  [/\bAIza[\w-]{20,}/g, '[key]'],
  [/\bGOCSPX-[\w-]+/g, '[secret]'],
  // A signed web token: header.payload.signature.
  [/\beyJ[\w-]+\.[\w-]+(?:\.[\w-]*)?/g, '[token]'],
  // Keys of OpenAI, Hugging Face and servers of their protocols, also half masked.
  [/\b(?:sk|key|hf)[-_][\w*.-]{6,}/g, '[key]'],
  // Anything behind these names.
  [/\b((?:proxy-)?authorization["']?\s*[:=]\s*["']?)(?:(?:bearer|basic)\s+)?[^\s"',;}]+/gi, '$1[hidden]'],
  [/\b(bearer\s+)[\w.~+/=-]{6,}/gi, '$1[hidden]'],
  [
    /(["']?\b(?:access_token|refresh_token|id_token|client_secret|private_key|private_key_id|api[-_]?key|password)["']?\s*[:=]\s*["']?)[^\s"',;&}[]+/gi,
    '$1[hidden]',
  ],
  [/([?&](?:key|token|sig|signature|x-goog-signature|x-goog-credential)=)[^\s"'&]+/gi, '$1[hidden]'],
];

/** Shorter ones stand in ordinary words. */
const SHORTEST = 6;

/** A text without keys, tokens and passwords. @param secrets Further ones to take out, as they are. */
export function redact(text: string, secrets: readonly (string | undefined)[] = []): string {
  const known = secrets.filter((secret) => secret !== undefined && secret.length >= SHORTEST) as string[];
  const without = known
    .toSorted((a, b) => b.length - a.length)
    .reduce((left, secret) => left.replaceAll(secret, '[hidden]'), text);
  return SHAPES.reduce((left, [shape, instead]) => left.replace(shape, instead), without);
}
