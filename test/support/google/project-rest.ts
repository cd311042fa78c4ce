import type { Call, Reply } from '../http-server.ts';
import { Refusal } from './errors.ts';
import { projectNumber, type GoogleState } from './state.ts';

const REGIONS = ['us-central1', 'us-east4', 'us-west1', 'europe-west1', 'europe-west4', 'asia-southeast1'];

/** What is asked around Vertex AI: permissions, enabled services, locations, where a bucket lies. Throws NOT_FOUND. */
export async function around(state: GoogleState, call: Call): Promise<Reply> {
  const { denied = [], disabledServices = [], bucketRegions = {} } = state.options;
  const ok = (body: unknown): Reply => ({ status: 200, body });
  const path = call.path.replace(/^\/(?:v1|v1beta1|v3)\//, '');
  const [, project = '', verb] = /^projects\/([^/:]+)(?::(\w+))?$/.exec(path) ?? [];
  if (verb === 'testIamPermissions') {
    const { permissions = [] } = JSON.parse(call.body.toString() || '{}') as { permissions?: string[] };
    const granted = permissions.filter((one) => !denied.includes(one));
    return ok(granted.length > 0 ? { permissions: granted } : {});
  }
  if (project && !verb)
    return ok({ projectId: project, projectNumber: projectNumber(project), lifecycleState: 'ACTIVE', name: project });
  const [, owner = '', service] = /^projects\/([^/]+)\/services\/([\w.-]+)$/.exec(path) ?? [];
  if (service) {
    const name = `projects/${projectNumber(owner)}/services/${service}`;
    return ok({ name, config: { name: service }, state: disabledServices.includes(service) ? 'DISABLED' : 'ENABLED' });
  }
  const [, place = '', region] = /^(projects\/[^/]+\/locations)(?:\/([\w-]+))?$/.exec(path) ?? [];
  const locations = REGIONS.map((locationId) => ({ name: `${place}/${locationId}`, locationId }));
  if (place && !region) return ok({ locations });
  const found = locations.find(({ locationId }) => locationId === region);
  if (found) return ok(found);
  const [, bucket, isAsking] = /^\/storage\/v1\/b\/([^/]+)(\/iam\/testPermissions)?$/.exec(call.path) ?? [];
  if (bucket && isAsking) {
    const permissions = call.query.getAll('permissions').filter((one) => !denied.includes(one));
    return ok({ kind: 'storage#testIamPermissionsResponse', permissions });
  }
  const location = bucket ? (bucketRegions[bucket] ?? (await state.objects?.location(bucket))) : undefined;
  if (bucket && location) return ok({ kind: 'storage#bucket', name: bucket, location: location.toUpperCase() });
  throw new Refusal('NOT_FOUND', `No method ${call.method} ${call.path}.`);
}
