import { terminal } from '../../configs/failure.ts';

/** An endpoint's addresses. */
export interface Address {
  /** Where questions go. */
  chat: URL;
  models: URL;
  embeddings: URL;
  /** For people: without query string, which may hold secrets. */
  shown: string;
}

/**
 * Addresses below a base URL, such as `https://host/v1`; a query string stays behind the path.
 *
 * @throws TerminalError `BadEndpoint` when it is no http(s) URL, or holds a password.
 */
export function addressOf(baseUrl: string): Address {
  const base = URL.parse(baseUrl);
  if (!base || !['http:', 'https:'].includes(base.protocol)) {
    throw terminal(
      'BadEndpoint',
      'the base URL of the endpoint is no http or https URL: give one such as https://host/v1',
    );
  }
  if (base.username !== '' || base.password !== '') {
    throw terminal(
      'BadEndpoint',
      `the base URL of the endpoint at ${base.host} holds a user or password: take it out, and name the environment variable that holds the key`,
    );
  }
  const below = (path: string): URL => {
    const url = new URL(base);
    url.pathname = `${base.pathname.replace(/\/+$/, '')}/${path}`;
    url.hash = '';
    return url;
  };
  const chat = below('chat/completions');
  return { chat, models: below('models'), embeddings: below('embeddings'), shown: `${chat.origin}${chat.pathname}` };
}

/**
 * The key out of the environment, read at each use and never kept.
 *
 * @throws TerminalError `NoKey` when the variable is not set, or cannot be sent.
 */
export function keyFrom(variable: string | undefined, from: string): string | undefined {
  if (variable === undefined) return undefined;
  const key = process.env[variable]?.trim();
  if (!key) {
    throw terminal(
      'NoKey',
      `the environment variable ${variable}, which holds the key for ${from}, is not set where the worker runs: set it, then start the worker again`,
    );
  }
  if (!/^[\x21-\x7e]+$/.test(key)) {
    throw terminal(
      'NoKey',
      `the environment variable ${variable}, which holds the key for ${from}, has spaces or other characters that no key has: set it to the key alone`,
    );
  }
  return key;
}
