import { env } from 'node:process';
import { z } from 'zod';
import { TerminalError } from '../../../configs/failure.ts';
import type { Place } from '../auth.ts';
import { isNear } from '../regions.ts';
import { failed, Granted, type Ask, type CloudCheck } from './check.ts';
import type { BucketUse } from './needs.ts';

const Bucket = z.object({
  location: z.string(),
  customPlacementConfig: z.object({ dataLocations: z.array(z.string()) }).optional(),
});

/** Whether a bucket is there, lies where jobs run, and lets itself be read and written. */
export async function checkBucket(
  { bucket: bucketName, field, permissions: wanted }: BucketUse,
  { location }: Place,
  member: string | undefined,
  ask: Ask,
): Promise<CloudCheck[]> {
  const name = `bucket ${bucketName}`;
  const base = (env['STORAGE_EMULATOR_HOST'] || 'https://storage.googleapis.com').replace(/\/+$/, '');
  const url = `${base}/storage/v1/b/${encodeURIComponent(bucketName)}`;
  const query = new URLSearchParams(wanted.map((permission): [string, string] => ['permissions', permission]));
  const [looked, tested] = await Promise.allSettled([
    ask({ url, reply: Bucket }),
    ask({ url: `${url}/iam/testPermissions?${query.toString()}`, reply: Granted }),
  ]);
  const grant = `gcloud storage buckets add-iam-policy-binding gs://${bucketName} --member=${member ?? 'MEMBER'} --role=`;
  const checks: CloudCheck[] = [];
  if (looked.status === 'rejected') {
    const isMissing = looked.reason instanceof TerminalError && looked.reason.type === 'NotFound';
    if (isMissing) {
      const remedy = `gcloud storage buckets create gs://${bucketName} --location=${location}, or correct the recipe`;
      return [{ name, ok: false, found: `there is no such bucket (${field} in the recipe)`, remedy }];
    }
    checks.push(
      failed(name, looked.reason, `where it lies could not be looked at (${grant}roles/storage.bucketViewer)`),
    );
  } else {
    const { location: lies, customPlacementConfig } = looked.value;
    const isFine = isNear({ location: lies, dataLocations: customPlacementConfig?.dataLocations }, location);
    checks.push(
      isFine
        ? { name, ok: true, found: `lies in ${lies}, where jobs of ${location} find it` }
        : {
            name,
            ok: false,
            found: `lies in ${lies}, and jobs run in ${location}: slow, dearer, and refused for some pairs`,
            remedy: `take a bucket in ${location}, or set google.location to a region of ${lies}`,
          },
    );
  }
  if (tested.status === 'rejected') {
    const note = 'permissions on it could not be looked at; a run may have them all the same';
    return [...checks, failed(name, tested.reason, note)];
  }
  const missing = wanted.filter((permission) => !tested.value.permissions.includes(permission));
  const role = field === 'store' ? 'roles/storage.objectUser' : 'roles/storage.objectViewer';
  return [
    ...checks,
    missing.length === 0
      ? { name, ok: true, found: `all ${wanted.length} permissions that ${field} needs` }
      : { name, ok: false, found: `the identity lacks ${missing.join(', ')} on it`, remedy: `${grant}${role}` },
  ];
}
