import { env } from 'node:process';
import { terminal } from '../../configs/failure.ts';

const LOOPBACK = ['127.0.0.1', 'localhost', '[::1]'];

/** Whether an address is http on this machine: a test server, which gets no real credentials. */
export const isLoopback = ({ protocol, hostname }: URL): boolean => protocol === 'http:' && LOOPBACK.includes(hostname);

/** Whether an address is Google's, and safe to send a token to. */
export const isGoogle = ({ protocol, hostname }: URL): boolean =>
  protocol === 'https:' && (hostname === 'googleapis.com' || hostname.endsWith('.googleapis.com'));

/** Whether ANNEAL_VERTEX_URL leads to a test server on this machine. */
export function isPretended(): boolean {
  const override = env['ANNEAL_VERTEX_URL'];
  return override !== undefined && override !== '' && isLoopback(checked(override, 'ANNEAL_VERTEX_URL'));
}

/**
 * An address that credentials may be sent to, or http on this machine.
 *
 * @throws TerminalError `BadEndpoint`
 */
export function checked(address: string, what: string): URL {
  const url = URL.parse(address);
  if (url && url.username === '' && url.password === '' && (isLoopback(url) || isGoogle(url))) return url;
  throw terminal(
    'BadEndpoint',
    `${what} is no https address below googleapis.com and no http address on this machine: no credentials are sent there; give one such as https://us-central1-aiplatform.googleapis.com`,
  );
}

/**
 * Where the REST interface of Vertex AI begins in a location, without a slash at its end; ANNEAL_VERTEX_URL instead,
 * where it is set.
 *
 * @throws TerminalError `BadLocation`, `BadEndpoint`
 */
export function vertexBase(location: string): string {
  const host = vertexHost(location);
  return overridden() ?? `https://${host}`;
}

/** The host of Vertex AI in a location. @throws TerminalError `BadLocation`: nothing else may become a part of an address. */
export function vertexHost(location: string): string {
  if (!/^[a-z][a-z0-9-]{1,40}$/.test(location)) {
    throw terminal(
      'BadLocation',
      `“${location.slice(0, 60)}” is no location of Google Cloud: give one such as us-central1 or europe-west4 (google.location)`,
    );
  }
  return location === 'global' ? 'aiplatform.googleapis.com' : `${location}-aiplatform.googleapis.com`;
}

/** Where another service of Google begins, e.g. `serviceusage`; ANNEAL_VERTEX_URL instead, where it is set. */
export const serviceBase = (service: string): string => overridden() ?? `https://${service}.googleapis.com`;

function overridden(): string | undefined {
  const override = env['ANNEAL_VERTEX_URL'];
  if (!override) return undefined;
  const url = checked(override, 'ANNEAL_VERTEX_URL');
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '');
}

/** What a request goes to, for a message. */
export function serviceName(url: URL): string {
  const known = Object.entries(NAMES).find(([host]) => url.hostname.split('.')[0]?.endsWith(host));
  return known ? known[1] : isLoopback(url) ? `Vertex AI at ${url.host}` : url.hostname;
}

const NAMES: Record<string, string> = {
  aiplatform: 'Vertex AI',
  storage: 'Cloud Storage',
  serviceusage: 'Service Usage',
  cloudresourcemanager: 'Resource Manager',
  datalineage: 'Data Lineage',
};
