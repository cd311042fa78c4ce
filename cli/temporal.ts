import type { Client } from '@temporalio/client';
import { connectionOptions, type Address } from '../worker/connect.ts';

/** Works with a client of the Temporal server; it is loaded only here, since that takes a tenth of a second. */
export async function withClient<T>(at: Address, work: (client: Client) => Promise<T>): Promise<T> {
  const { Client, Connection } = await import('@temporalio/client');
  const connection = await Connection.connect({ ...(await connectionOptions(at)), connectTimeout: '10s' });
  try {
    return await work(new Client({ connection, namespace: at.namespace }));
  } finally {
    await connection.close();
  }
}
