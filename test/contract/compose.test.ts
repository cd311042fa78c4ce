import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { root } from '../../scripts/toolchain.js';
import { serverArguments } from '../../worker/server.ts';
import { WORKER_ENVIRONMENT, WORKER_FLAGS } from '../../worker/flags.ts';

interface Service {
  image: string;
  build?: string;
  depends_on?: Record<string, { condition: string }>;
  environment?: Record<string, string>;
  healthcheck?: unknown;
  ports?: string[];
  restart: string;
  volumes?: string[];
}

const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const text = read('docker-compose.yml');
const compose = parse(text) as { services: Record<string, Service>; volumes: Record<string, unknown> };
const services = Object.entries(compose.services);
const dockerfile = read('Dockerfile');

/** `${NAME:-default}` as it is when nothing is set. */
const withDefaults = (value: string): string => value.replace(/\$\{\w+:-([^}]*)\}/g, '$1');
/** `source:target[:ro]`, the source with its default. */
const mounts = (service: Service): { source: string; target: string }[] =>
  (service.volumes ?? []).map((volume) => {
    const [source = '', target = ''] = withDefaults(volume).split(':');
    return { source, target };
  });

test('the compose file keeps to the Compose Specification', () => {
  // The schema names its draft with https, which ajv does not know, and formats that only Docker knows.
  const ajv = new Ajv({ strict: false, validateSchema: false, validateFormats: false, allErrors: true });
  const validate = ajv.compile(JSON.parse(read('test/fixtures/compose-spec/compose-spec.json')) as object);
  validate(compose);
  expect(validate.errors ?? []).toEqual([]);
  expect(validate({ services: { worker: { imagine: 'no such field' } } })).toBe(false);
});

test('every service that is waited for exists, and is healthy or done when the next one starts', () => {
  const faults = services.flatMap(([name, { depends_on = {} }]) =>
    Object.entries(depends_on).flatMap(([other, { condition }]) => {
      const found = compose.services[other];
      if (!found) return [`${name} waits for ${other}, which is no service`];
      if (condition === 'service_completed_successfully') return [];
      if (condition === 'service_healthy' && found.healthcheck !== undefined) return [];
      return [`${name} waits for ${other} to be ${condition}, which nothing tells`];
    }),
  );
  expect(faults).toEqual([]);
});

test('a service that stays up is started again when it ends, and tells its health', () => {
  const once = new Set(
    services.flatMap(([, { depends_on = {} }]) =>
      Object.entries(depends_on).flatMap(([other, { condition }]) =>
        condition === 'service_completed_successfully' ? [other] : [],
      ),
    ),
  );
  const wrong = services.filter(
    ([name, { restart }]) => restart !== (once.has(name) ? 'on-failure:5' : 'unless-stopped'),
  );
  // That of a service built here stands in its Dockerfile.
  const mute = services.filter(
    ([name, { healthcheck, build }]) => !once.has(name) && build === undefined && healthcheck === undefined,
  );
  expect({ wrong, mute }).toEqual({ wrong: [], mute: [] });
  expect(dockerfile).toMatch(/^HEALTHCHECK /m);
});

test('a worker in a container starts as one beside the local server does', () => {
  const command = /^CMD (\[.*\])$/m.exec(dockerfile)?.[1] ?? '';
  expect(JSON.parse(command)).toEqual(['node', ...WORKER_FLAGS, 'worker/main.ts']);
  for (const [name, value] of Object.entries(WORKER_ENVIRONMENT))
    expect(dockerfile).toContain(`ENV ${name}=${value}\n`);
});

test('every volume is declared and used, every mounted file is there', () => {
  const sources = services.flatMap(([, service]) => mounts(service).map(({ source }) => source));
  const named = sources.filter((source) => !source.startsWith('.'));
  expect(new Set(named)).toEqual(new Set(Object.keys(compose.volumes)));
  expect(sources.filter((path) => path.startsWith('.') && !existsSync(join(root, path)))).toEqual([]);
});

test('Temporal reads the dynamic config that is mounted, with the values of the local server', () => {
  const { temporal } = compose.services;
  const path = temporal?.environment?.['DYNAMIC_CONFIG_FILE_PATH'];
  const mounted = mounts(temporal as Service).find(({ target }) => target === path);
  expect(mounted?.source).toBe('./deploy/temporal-dynamicconfig.yaml');
  const values = parse(read('deploy/temporal-dynamicconfig.yaml')) as Record<string, { value: number }[]>;
  const deployed = Object.entries(values).map(([key, [first]]) => `${key}=${first?.value}`);
  const args = serverArguments(undefined, 7233, 8233);
  const local = args.filter((_, i) => args[i - 1] === '--dynamic-config-value');
  expect(new Set(deployed)).toEqual(new Set(local));
});

test('images are pinned, and the worker is built on the Node that the packages are locked to', () => {
  const images = services.map(([, { image }]) => image);
  expect(images.filter((image) => !/:\d+\.\d+(\.\d+)?(-\w+)?$/.test(image))).toEqual([]);
  const { dependencies, version } = JSON.parse(read('package.json')) as {
    dependencies: Record<string, string>;
    version: string;
  };
  expect(dockerfile).toMatch(new RegExp(`^FROM node:${dependencies['node']}-bookworm-slim$`, 'm'));
  expect(compose.services['worker']?.image).toBe(`anneal-worker:${version}`);
});

test('the worker image is made of what is in the repository, and does not run as root', () => {
  const copied = [...dockerfile.matchAll(/^COPY (.+) \S+$/gm)].flatMap(([, sources = '']) => sources.split(' '));
  expect(copied.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  // Every room whose code a worker runs, as in worker/code-version.ts.
  expect(copied).toEqual(
    expect.arrayContaining([
      'activities',
      'adapters',
      'artifacts',
      'configs',
      'data',
      'evaluation',
      'metrics',
      'worker',
      'workflows',
    ]),
  );
  expect(dockerfile.match(/^USER .*$/gm)).toEqual(['USER node']);
});

test('ports are open to this machine only unless somebody decides otherwise', () => {
  const ports = services.flatMap(([, { ports = [] }]) => ports.map(withDefaults));
  expect(ports).toEqual(['127.0.0.1:7233:7233', '127.0.0.1:8233:8080']);
});

test('no secret is written down, and every variable is explained in .env.example', () => {
  const secrets = services.flatMap(([, { environment = {} }]) =>
    Object.entries(environment).filter(([key]) => /PASSWORD|PWD|TOKEN|KEY/.test(key)),
  );
  expect(secrets.length).toBeGreaterThan(0);
  expect(secrets.filter(([, value]) => !/^\$\{\w+:[?-][^}]*\}$/.test(value))).toEqual([]);
  const example = read('.env.example');
  const asked = [...text.matchAll(/(?<!\$)\$\{(\w+)/g)].map(([, name]) => name);
  const explained = [...example.matchAll(/^(\w+)=/gm)].map(([, name]) => name);
  expect(new Set(explained)).toEqual(new Set(asked));
  expect(example).toMatch(/^POSTGRES_PASSWORD=$/m);
});
