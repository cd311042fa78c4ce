import { env } from 'node:process';
import type { EndpointServiceClient } from '@google-cloud/aiplatform/build/src/v1/endpoint_service_client.js';
import type { GenAiTuningServiceClient } from '@google-cloud/aiplatform/build/src/v1/gen_ai_tuning_service_client.js';
import type { MetadataServiceClient } from '@google-cloud/aiplatform/build/src/v1/metadata_service_client.js';
import type { ModelServiceClient } from '@google-cloud/aiplatform/build/src/v1/model_service_client.js';
import { terminal } from '../../../configs/failure.ts';
import type { MirrorPlace } from '../../mirror.ts';
import { vertexHost } from '../address.ts';
import { clientOf } from '../auth.ts';

/** Clients of one location. Each is made when it is first needed: the first loads some 150 MB, the others little. */
export interface Clients {
  models(): Promise<ModelServiceClient>;
  endpoints(): Promise<EndpointServiceClient>;
  metadata(): Promise<MetadataServiceClient>;
  tuning(): Promise<GenAiTuningServiceClient>;
}

/** Opens the clients of a place, with the Application Default Credentials, or to a test server on this machine. */
export async function openClients({ location, project }: MirrorPlace): Promise<Clients> {
  const options = await optionsOf(location, project);
  return {
    models: once(async () => {
      const { ModelServiceClient } = await import('@google-cloud/aiplatform/build/src/v1/model_service_client.js');
      return new ModelServiceClient(options);
    }),
    endpoints: once(async () => {
      const { EndpointServiceClient } =
        await import('@google-cloud/aiplatform/build/src/v1/endpoint_service_client.js');
      return new EndpointServiceClient(options);
    }),
    metadata: once(async () => {
      const { MetadataServiceClient } =
        await import('@google-cloud/aiplatform/build/src/v1/metadata_service_client.js');
      return new MetadataServiceClient(options);
    }),
    tuning: once(async () => {
      const { GenAiTuningServiceClient } =
        await import('@google-cloud/aiplatform/build/src/v1/gen_ai_tuning_service_client.js');
      return new GenAiTuningServiceClient(options);
    }),
  };
}

type Options = NonNullable<ConstructorParameters<typeof ModelServiceClient>[0]>;

async function optionsOf(location: string, projectId: string): Promise<Options> {
  const override = env['ANNEAL_VERTEX_GRPC'];
  if (override === undefined || override === '') {
    const authClient = (await clientOf()) as NonNullable<Options['authClient']>;
    return { apiEndpoint: vertexHost(location), projectId, authClient };
  }
  const [, host, port] = /^(127\.0\.0\.1|localhost|\[::1\]):(\d{1,5})$/.exec(override) ?? [];
  if (host === undefined)
    throw terminal(
      'BadEndpoint',
      'ANNEAL_VERTEX_GRPC is no address on this machine: no credentials are sent there; give one such as 127.0.0.1:4500, or unset it',
    );
  const [{ grpc }, { PassThroughClient }] = await Promise.all([import('google-gax'), import('google-auth-library')]);
  return {
    apiEndpoint: host,
    port: Number(port),
    projectId,
    sslCreds: grpc.credentials.createInsecure(),
    authClient: new PassThroughClient() as NonNullable<Options['authClient']>,
  };
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}
