import type { Journal } from '../journal.ts';
import type { StoredEndpoint, StoredVersion } from '../models.ts';
import type { EndpointRow } from './endpoints.ts';
import type { ModelRow, ModelVersion } from './models.ts';
import { map, text, type Message } from './rules.ts';

/**
 * Takes over what tuning jobs left in the state of the REST server that shares the folder: models and endpoints that
 * are not known here yet.
 */
export function takeOver(journal: Journal, shared: Journal): void {
  for (const [name, version] of shared.all<StoredVersion>('models')) {
    const [base = ''] = name.split('@');
    const row = journal.get<ModelRow>('model', base);
    if (row?.versions.some(({ versionId }) => versionId === version.resource.versionId)) continue;
    journal.put('model', base, withVersion(row, base, version.resource));
  }
  for (const [name, { resource }] of shared.all<StoredEndpoint>('endpoints'))
    if (!journal.get('endpoint', name)) journal.put('endpoint', name, endpointOf(name, resource));
}

function withVersion(row: ModelRow | undefined, name: string, resource: StoredVersion['resource']): ModelRow {
  const { versionId, versionAliases, labels, displayName, description, etag, createTime, updateTime, ...rest } =
    resource;
  const createdAt = text(createTime) || new Date().toISOString();
  const version: ModelVersion = {
    versionId,
    versionAliases,
    versionDescription: '',
    labels: map(labels),
    createdAt,
    updatedAt: text(updateTime) || createdAt,
    rest,
  };
  const others = (row?.versions ?? []).map((one) => ({
    ...one,
    versionAliases: one.versionAliases.filter((alias) => !versionAliases.includes(alias)),
  }));
  return {
    name,
    displayName: text(displayName) || 'tuned',
    description: text(description),
    labels: row?.labels ?? {},
    etag: text(etag) || 'AAAA',
    createdAt: row?.createdAt ?? createdAt,
    versions: [...others, version],
  };
}

function endpointOf(name: string, resource: StoredEndpoint['resource']): EndpointRow {
  const fields: Message = resource;
  const createdAt = text(fields['createTime']) || new Date().toISOString();
  return {
    name,
    displayName: text(fields['displayName']) || 'tuned',
    description: '',
    labels: map(fields['labels']),
    etag: text(fields['etag']) || 'AAAA',
    trafficSplit: map(fields['trafficSplit']),
    deployedModels: resource.deployedModels.map(({ model, ...one }) => {
      const [base = '', version] = model.split('@');
      return { ...one, model: base, ...(version === undefined ? {} : { modelVersionId: version }) };
    }),
    createdAt,
    updatedAt: createdAt,
  };
}
