/** The smallest predefined role that has a permission, by the permission's beginning; the longest fits first. */
const ROLES: Record<string, string> = {
  'aiplatform.': 'roles/aiplatform.user',
  'storage.objects.': 'roles/storage.objectUser',
  'storage.buckets.get': 'roles/storage.bucketViewer',
  'serviceusage.services.use': 'roles/serviceusage.serviceUsageConsumer',
  'serviceusage.services.get': 'roles/serviceusage.serviceUsageConsumer',
  'serviceusage.services.list': 'roles/serviceusage.serviceUsageConsumer',
  'serviceusage.services.enable': 'roles/serviceusage.serviceUsageAdmin',
  'iam.serviceAccounts.actAs': 'roles/iam.serviceAccountUser',
  'iam.serviceAccounts.getAccessToken': 'roles/iam.serviceAccountTokenCreator',
  'datalineage.': 'roles/datalineage.producer',
  'cloudkms.': 'roles/cloudkms.cryptoKeyEncrypterDecrypter',
  'resourcemanager.projects.get': 'roles/browser',
};

/** The role to give for a permission; undefined: none is known. */
export function roleFor(permission: string): string | undefined {
  const prefix = Object.keys(ROLES)
    .filter((start) => permission.startsWith(start))
    .toSorted((a, b) => b.length - a.length)[0];
  return prefix === undefined ? undefined : ROLES[prefix];
}

/** The command that gives a role on a project. @param member e.g. `serviceAccount:NAME@PROJECT.iam.gserviceaccount.com` */
export const grantCommand = (project: string, role: string, member = 'MEMBER'): string =>
  `gcloud projects add-iam-policy-binding ${project} --member=${member} --role=${role}`;

/** The command that enables an API in a project. */
export const enableCommand = (project: string, service: string): string =>
  `gcloud services enable ${service} --project=${project}`;
