import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { makePlace, type StatusJson } from '../support/cli.ts';

test('two `up` at once, and a third, start one server and one worker', async () => {
  const place = makePlace();
  const [one, two] = await Promise.all([place.json<StatusJson>('up'), place.json<StatusJson>('up')]);
  expect(one.temporal?.pid).toBeGreaterThan(0);
  expect(two).toEqual(one);
  expect(await place.json('up')).toEqual(one);
  expect(one.workers).toEqual([{ pid: expect.any(Number) as number, queues: ['anneal-control', 'anneal-train'] }]);
  expect(one.temporal?.uiUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  expect((await fetch(one.temporal?.uiUrl as string)).status).toBe(200);
  expect((await place.anneal('down')).stdout).toBe('stopped; runs that are not finished go on after `anneal up`\n');
  expect(await place.json('status')).toEqual({ temporal: null, workers: [], trainer: [], leases: [] });
  expect((await place.anneal('down')).stdout).toBe('nothing was running\n');
});

test('a server that is started again keeps its port, also where it is let go a moment later', async () => {
  const place = makePlace();
  const { temporal } = await place.json<StatusJson>('up');
  await place.anneal('down');
  const late = createServer();
  await new Promise<void>((resolve) => late.listen(Number(temporal?.address.split(':')[1]), '127.0.0.1', resolve));
  setTimeout(() => late.close(), 1500);
  expect((await place.json<StatusJson>('up')).temporal?.address).toBe(temporal?.address);
});

test('a port that is taken is passed by', async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  const { port } = taken.address() as { port: number };
  try {
    const place = makePlace({ ANNEAL_TEMPORAL_PORT: String(port) });
    const { temporal } = await place.json<StatusJson>('up');
    expect(Number(temporal?.address.split(':')[1])).toBeGreaterThan(port);
    await place.anneal('down');
  } finally {
    taken.close();
  }
});

test('two state folders brought up at once get a server each', async () => {
  const port = String(20_000 + ((process.pid * 11) % 20_000));
  const both = [makePlace({ ANNEAL_TEMPORAL_PORT: port }), makePlace({ ANNEAL_TEMPORAL_PORT: port })];
  const [one, two] = await Promise.all(both.map((place) => place.json<StatusJson>('up')));
  expect(one?.temporal?.address).not.toBe(two?.temporal?.address);
  expect(one?.workers).toHaveLength(1);
  expect(two?.workers).toHaveLength(1);
});
