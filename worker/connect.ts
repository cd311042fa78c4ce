import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ConnectionOptions } from '@temporalio/client';
import type { ClientConnectConfig } from '@temporalio/envconfig';
import { z } from 'zod';
import type { Home } from './home.ts';

/** Where the Temporal server is, and how to talk to it. */
export interface Address {
  address: string;
  namespace: string;
  /** Web address of its UI, when known. */
  uiUrl?: string | undefined;
  /** Whether it is the local server that `anneal up` keeps. */
  isLocal: boolean;
}

const ServerFile = z.object({ address: z.string(), uiUrl: z.string() });

/** Whether the environment names a Temporal server (`TEMPORAL_ADDRESS`, or a profile by Temporal's own rules). */
export function isRemote(): boolean {
  return Boolean(process.env['TEMPORAL_ADDRESS'] || process.env['TEMPORAL_PROFILE']);
}

/** The server in use: the one that the environment names, else the local one, if it has been started. */
export async function findAddress(home: Home): Promise<Address | undefined> {
  if (isRemote()) {
    const { connectionOptions, namespace } = await fromEnvironment();
    return {
      address: connectionOptions.address ?? 'localhost:7233',
      namespace: namespace ?? 'default',
      uiUrl: process.env['TEMPORAL_UI_URL'],
      isLocal: false,
    };
  }
  try {
    const { address, uiUrl } = ServerFile.parse(JSON.parse(readFileSync(join(home.server, 'server.json'), 'utf8')));
    return { address, namespace: 'default', uiUrl, isLocal: true };
  } catch {
    return undefined;
  }
}

/** Options for a client's or worker's connection: TLS and keys from the environment for a remote server. */
export async function connectionOptions({
  address,
  isLocal,
}: Address): Promise<{ address: string; tls?: NonNullable<ConnectionOptions['tls']>; apiKey?: string }> {
  if (isLocal) return { address };
  const { tls, apiKey } = (await fromEnvironment()).connectionOptions;
  return { address, ...(tls == null ? {} : { tls }), ...(typeof apiKey === 'string' ? { apiKey } : {}) };
}

/** Loaded when needed only: it brings the whole client with it. */
async function fromEnvironment(): Promise<ClientConnectConfig> {
  return (await import('@temporalio/envconfig')).loadClientConnectConfig();
}

/** Web address of a workflow in the Temporal UI. */
export function workflowUrl(at: Address, workflowId: string, runId?: string | null): string | null {
  if (!at.uiUrl) return null;
  const path = `${at.uiUrl}/namespaces/${encodeURIComponent(at.namespace)}/workflows/${encodeURIComponent(workflowId)}`;
  return runId ? `${path}/${encodeURIComponent(runId)}` : path;
}
