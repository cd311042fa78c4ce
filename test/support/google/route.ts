import type { Call } from '../http-server.ts';

/** A call to Vertex AI, by its address. */
export interface Route {
  version: 'v1' | 'v1beta1';
  project: string;
  location: string;
  /** `projects/P/locations/L` */
  parent: string;
  /** `tuningJobs`, `models`, `endpoints`, … */
  collection: string;
  /** The resource's whole name; undefined for a collection. */
  name?: string;
  /** `create`, `list`, `get`, `delete`, or what follows the colon. */
  verb: string;
}

const PATH =
  /^\/(v1|v1beta1)\/(projects\/([^/]+)\/locations\/([^/:]+))\/((?:publishers\/google\/)?(?:[a-zA-Z]+\/[^/:]+\/)*?[a-zA-Z]+)(?:\/([^/:]+))?(?::([a-zA-Z]+))?$/;

/** Reads the address of a call; undefined: it is not one of Vertex AI's. */
export function routeOf({ method, path }: Call): Route | undefined {
  const [, version, parent = '', project = '', location = '', under = '', id, custom] = PATH.exec(path) ?? [];
  if (!version) return undefined;
  const plain = { GET: id ? 'get' : 'list', POST: 'create', DELETE: 'delete', PATCH: 'update' }[method];
  return {
    version: version as Route['version'],
    project,
    location,
    parent,
    collection: under.split('/').at(-1) ?? '',
    ...(id ? { name: `${parent}/${under}/${id}` } : {}),
    verb: custom ?? plain ?? method,
  };
}
