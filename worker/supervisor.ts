import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { endGroup, processOf, type ProcessRef, isAlive } from '../adapters/local/processes.ts';
import { pauseJob, runningJobs } from '../adapters/local/job.ts';
import { messageOf } from '../configs/failure.ts';
import { startInBackground } from './background.ts';
import { workerCodeVersion } from './code-version.ts';
import { findAddress, isRemote } from './connect.ts';
import { WORKER_ENVIRONMENT, WORKER_FLAGS } from './flags.ts';
import { findHome, type Home } from './home.ts';
import { clearPart, runningPart, writePart } from './state.ts';
import { startServer } from './server.ts';

/** How often the parts are looked at, in ms. */
const LOOK_EVERY = 500;
/** Wait before a part that ended is started again: doubled each time it ends soon, up to this many ms. */
const LONGEST_WAIT = 30_000;
/** A worker may take so long to finish what it is at, in ms; then its steps are tried again by the next one. */
const WORKER_GRACE = 15_000;
const SERVER_GRACE = 5000;
/** A worker that has said nothing for so long after its start is started again, in ms. */
const READY_TIMEOUT = 120_000;

/**
 * Keeps the local Temporal server and one worker running: starts them, starts them again when they die, takes
 * over those that an earlier supervisor left behind.
 *
 * SIGTERM ends everything, trainers after a checkpoint. SIGUSR2 ends the supervisor alone, for another with
 * newer code to take over.
 */
async function supervise(home: Home): Promise<void> {
  const self = processOf(process.pid);
  if (!self) throw new Error('cannot find the own process');
  const code = workerCodeVersion();
  await writePart(home, 'supervisor', { ...self, code });
  let asked: 'stop' | 'leave' | undefined;
  process.once('SIGTERM', () => (asked = 'stop'));
  process.once('SIGUSR2', () => (asked = 'leave'));
  const server = patient('Temporal server', () => startServer(home));
  const worker = patient('worker', async () => startWorker(home));
  let starting: { ref: ProcessRef; since: number } | undefined;

  while (asked === undefined) {
    if (!isRemote() && !runningPart(home, 'server')) await server();
    const at = await findAddress(home);
    const current = runningPart(home, 'worker');
    if (current && (current.code !== code || current.address !== at?.address)) {
      await endGroup(current, WORKER_GRACE);
    } else if (!current && at && !(starting && isAlive(starting.ref) && Date.now() - starting.since < READY_TIMEOUT)) {
      if (starting) await endGroup(starting.ref, 0);
      const ref = await worker();
      starting = ref && { ref, since: Date.now() };
    }
    await sleep(LOOK_EVERY);
  }
  if (asked === 'leave') return;
  const last = runningPart(home, 'worker') ?? starting?.ref;
  if (last) await endGroup(last, WORKER_GRACE);
  for (const { folder } of await runningJobs(home.jobs)) await pauseJob(folder);
  const running = runningPart(home, 'server');
  if (running) await endGroup(running, SERVER_GRACE);
  await clearPart(home, 'worker');
  await clearPart(home, 'supervisor');
}

function startWorker(home: Home): ProcessRef {
  const main = fileURLToPath(new URL('./main.ts', import.meta.url));
  return startInBackground(process.execPath, [...WORKER_FLAGS, main], join(home.logs, 'worker.log'), {
    ...WORKER_ENVIRONMENT,
    ...process.env,
    ANNEAL_HOME: home.root,
  });
}

/** Starts a part, but not more often than makes sense when it keeps ending; a failure is logged and tried again. */
function patient<T>(name: string, start: () => Promise<T>): () => Promise<T | undefined> {
  let wait = 0;
  let notBefore = 0;
  return async () => {
    const now = Date.now();
    if (now < notBefore) return undefined;
    wait = now - notBefore > LONGEST_WAIT ? 250 : Math.min(LONGEST_WAIT, wait * 2);
    notBefore = now + wait;
    console.error(`${new Date().toISOString()} starting the ${name}`);
    try {
      return await start();
    } catch (error) {
      console.error(`${new Date().toISOString()} ${name}: ${messageOf(error)}`);
      return undefined;
    }
  };
}

await supervise(findHome());
