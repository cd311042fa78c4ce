import { invalid, Refusal } from '../errors.ts';
import type { Journal } from '../journal.ts';
import { EMPTY, vertexType, type Operations } from './operations.ts';
import * as rules from './rules.ts';
import { list, map, text, type Message } from './rules.ts';

/** One version of a model. */
export interface ModelVersion {
  versionId: string;
  versionAliases: string[];
  versionDescription: string;
  labels: Record<string, string>;
  createdAt: string;
  updatedAt: string;
  /** Everything else that was uploaded with it. */
  rest: Message;
}

/** A model with its versions, the oldest first. */
export interface ModelRow {
  name: string;
  displayName: string;
  description: string;
  labels: Record<string, string>;
  etag: string;
  createdAt: string;
  versions: ModelVersion[];
}

const MODEL = /^(projects\/[^/@]+\/locations\/[^/@]+\/models\/[^/@]+)(?:@(.+))?$/;

/** ModelService. */
export function modelService(journal: Journal, operations: Operations) {
  const find = (name: string): { row: ModelRow; version: ModelVersion; asked: string | undefined } => {
    const [, base, asked] = MODEL.exec(name) ?? [];
    if (base === undefined) throw invalid(`"${name}" is not projects/{p}/locations/{l}/models/{m}[@version]`, 'name');
    const row = journal.get<ModelRow>('model', base);
    const wanted = asked === undefined || asked === '-' ? 'default' : asked;
    const version = row?.versions.find((one) => one.versionId === wanted || one.versionAliases.includes(wanted));
    if (!row || !version) throw new Refusal('NOT_FOUND', `the Model "${name}" does not exist`);
    return { row, version, asked };
  };
  const put = (row: ModelRow): void => journal.put('model', row.name, { ...row, etag: rules.newEtag() });
  const change = (row: ModelRow, version: ModelVersion, set: Partial<ModelVersion>): ModelRow => ({
    ...row,
    versions: row.versions.map((one) =>
      one.versionId === version.versionId ? { ...one, ...set, updatedAt: new Date().toISOString() } : one,
    ),
  });

  operations.on('upload', (args) => {
    const now = new Date().toISOString();
    const name = text(args['name']);
    const model = map<unknown>(args['model']);
    const known = journal.get<ModelRow>('model', name);
    const versionId = String(Math.max(0, ...(known?.versions ?? []).map((one) => Number(one.versionId))) + 1);
    const { displayName, description, labels, versionAliases, versionDescription, ...rest } = model;
    const asked = list<string>(versionAliases);
    const added: ModelVersion = {
      versionId,
      versionAliases: known ? asked : [...new Set(['default', ...asked])],
      versionDescription: text(versionDescription),
      labels: map(labels),
      createdAt: now,
      updatedAt: now,
      rest,
    };
    const others = (known?.versions ?? []).map((one) => ({
      ...one,
      versionAliases: one.versionAliases.filter((alias) => !asked.includes(alias)),
    }));
    const row = known ?? {
      name,
      displayName: text(displayName),
      description: text(description),
      labels: map(labels),
      etag: '',
      createdAt: now,
      versions: [],
    };
    put({ ...row, versions: [...others, added] });
    return { type: vertexType('UploadModelResponse'), answer: { model: name, modelVersionId: versionId } };
  });
  operations.on('deleteVersion', (args) => {
    const { row, version } = find(text(args['name']));
    put({ ...row, versions: row.versions.filter((one) => one.versionId !== version.versionId) });
    return EMPTY;
  });

  /** Where an upload goes: a model of its own, or one more version. */
  const target = (request: Message, parent: string): string => {
    const parentModel = text(request['parentModel']);
    if (parentModel !== '') return find(parentModel).row.name;
    const id = text(request['modelId']) || rules.newId(parent);
    if (text(request['modelId']) !== '' && !/^[a-z_][a-z0-9_-]{0,62}$/.test(id))
      throw invalid(`model_id "${id}": at most 63 of [a-z0-9_-], not beginning with a digit or "-"`, 'model_id');
    const name = `${parent}/models/${id}`;
    if (journal.get('model', name) || operations.underWay(name).length > 0)
      throw new Refusal('ALREADY_EXISTS', `the Model "${name}" already exists`);
    return name;
  };

  return {
    UploadModel: (request: Message): Message => {
      const parent = rules.parentOf(request);
      const model = map<unknown>(request['model']);
      rules.checkDisplayName(model['displayName'], true);
      rules.checkLabels(model['labels']);
      list<string>(model['versionAliases']).forEach(rules.checkAlias);
      const uri = text(model['artifactUri']);
      if (uri !== '' && !uri.startsWith('gs://'))
        throw invalid('artifact_uri is not below gs://', 'model.artifact_uri');
      if (model['containerSpec'] && text(map(model['containerSpec'])['imageUri']) === '')
        throw invalid('container_spec.image_uri is required', 'model.container_spec');
      const name = target(request, parent);
      return operations.begin(name, 'upload', { name, model });
    },
    GetModel: (request: Message): Message => {
      const { row, version } = find(text(request['name']));
      return modelMessage(row, version);
    },
    ListModels: (request: Message): Message => {
      const parent = rules.parentOf(request);
      const fits = rules.readFilter(request['filter']);
      const all = journal
        .all<ModelRow>('model')
        .filter(([name]) => name.startsWith(`${parent}/models/`))
        .map(([, row]) => modelMessage(row, defaultOf(row)))
        .filter((model) => fits({ ...model, model: text(model['name']).split('/').at(-1) }));
      const { items, nextPageToken } = rules.page(all, request, { usual: 100, most: 1000 });
      return { models: items, nextPageToken };
    },
    ListModelVersions: (request: Message): Message => {
      const { row } = find(text(request['name']));
      const fits = rules.readFilter(request['filter']);
      const all = row.versions.map((version) => modelMessage(row, version)).filter(fits);
      const { items, nextPageToken } = rules.page(all, request, { usual: 100, most: 1000 });
      return { models: items, nextPageToken };
    },
    UpdateModel: (request: Message): Message => {
      const model = map<unknown>(request['model']);
      const { row, version, asked } = find(text(model['name']));
      const isVersion = asked !== undefined && asked !== '-';
      const paths = rules.maskOf(request, ['display_name', 'description', 'version_description', 'labels'], true);
      const misplaced = paths.filter((path) =>
        isVersion ? path === 'display_name' || path === 'description' : path === 'version_description',
      );
      if (misplaced.length > 0)
        throw new Refusal(
          'FAILED_PRECONDITION',
          `${misplaced.join(', ')} cannot be updated by the name "${text(model['name'])}"`,
        );
      rules.checkEtag(model['etag'], row.etag);
      const labels = paths.includes('labels') ? rules.checkLabels(model['labels']) : undefined;
      if (isVersion) {
        const about = paths.includes('version_description')
          ? { versionDescription: text(model['versionDescription']) }
          : {};
        put(change(row, version, { ...about, ...(labels ? { labels } : {}) }));
      } else {
        put({
          ...row,
          ...(paths.includes('display_name')
            ? { displayName: rules.checkDisplayName(model['displayName'], true) }
            : {}),
          ...(paths.includes('description') ? { description: text(model['description']) } : {}),
          ...(labels ? { labels } : {}),
        });
      }
      const after = find(text(model['name']));
      return modelMessage(after.row, after.version);
    },
    MergeVersionAliases: (request: Message): Message => {
      const name = text(request['name']);
      const { row, version, asked } = find(name);
      if (asked === undefined || !/^\d+$/.test(asked)) throw invalid('name must carry a version id', 'name');
      const aliases = list<string>(request['versionAliases']);
      if (aliases.length === 0) throw invalid('version_aliases is required', 'version_aliases');
      const added = aliases.filter((alias) => !alias.startsWith('-')).map(rules.checkAlias);
      const removed = aliases.filter((alias) => alias.startsWith('-')).map((alias) => rules.checkAlias(alias.slice(1)));
      if (removed.includes('default'))
        throw invalid('a model has exactly one default version: give the alias to another', 'version_aliases');
      put({
        ...row,
        versions: row.versions.map((one) => {
          const left = one.versionAliases.filter((alias) =>
            one.versionId === version.versionId ? !removed.includes(alias) : !added.includes(alias),
          );
          return one.versionId === version.versionId
            ? { ...one, versionAliases: [...new Set([...left, ...added])] }
            : { ...one, versionAliases: left };
        }),
      });
      const after = find(name);
      return modelMessage(after.row, after.version);
    },
    CopyModel: (request: Message): Message => {
      const parent = rules.parentOf(request);
      const { row, version } = find(text(request['sourceModel']));
      const name = target(request, parent);
      const model = {
        displayName: row.displayName,
        description: row.description,
        labels: { ...row.labels, ...version.labels },
        versionDescription: version.versionDescription,
        ...version.rest,
        originalModelInfo: { model: `${row.name}@${version.versionId}` },
      };
      return operations.begin(name, 'upload', { name, model });
    },
    DeleteModelVersion: (request: Message): Message => {
      const name = text(request['name']);
      const { row, version, asked } = find(name);
      if (asked === undefined) throw invalid('name must carry a version id', 'name');
      if (version.versionAliases.includes('default'))
        throw new Refusal('FAILED_PRECONDITION', 'the default version cannot be deleted: make another one the default');
      return operations.begin(row.name, 'deleteVersion', { name: `${row.name}@${version.versionId}` });
    },
  };
}

const defaultOf = (row: ModelRow): ModelVersion =>
  row.versions.find(({ versionAliases }) => versionAliases.includes('default')) ?? (row.versions[0] as ModelVersion);

/** A version as it is shown: labels of the model and of the version are merged. */
function modelMessage(row: ModelRow, version: ModelVersion): Message {
  const { containerSpec: _inputOnly, ...rest } = version.rest;
  return {
    ...rest,
    name: row.name,
    displayName: row.displayName,
    description: row.description,
    versionId: version.versionId,
    versionAliases: version.versionAliases,
    versionDescription: version.versionDescription,
    labels: { ...row.labels, ...version.labels },
    etag: row.etag,
    createTime: rules.stamp(row.createdAt),
    versionCreateTime: rules.stamp(version.createdAt),
    versionUpdateTime: rules.stamp(version.updatedAt),
  };
}
