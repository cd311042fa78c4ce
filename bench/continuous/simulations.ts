import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Cell, CellOrder } from './cell.ts';
import type { Variant } from './variants.ts';
import type { World } from './worlds.ts';

/** How long the simulations are. */
export interface Effort {
  /** Weeks with the usual recipe. */
  weeks: number;
  /** Weeks with a part of it taken out. */
  ablated: number;
  /** Weeks that are all promoted. */
  promoted: number;
  /** Worlds, and what is taken out in each. */
  worlds: readonly { world: World['name']; ablations: readonly Variant[] }[];
}

const ALL: readonly Variant[] = ['no replay', 'no guard', 'no replay, no guard', 'no spending', 'proof on every slice'];

export const FULL: Effort = {
  weeks: 520,
  ablated: 104,
  promoted: 520,
  worlds: [
    { world: 'no change', ablations: ['no replay', 'no guard', 'no spending'] },
    { world: 'slow gain', ablations: ALL },
    { world: 'sudden harm', ablations: ALL },
  ],
};
export const QUICK: Effort = {
  weeks: 12,
  ablated: 0,
  promoted: 0,
  worlds: [{ world: 'sudden harm', ablations: [] }],
};

const SEED = 1;
/** Simulations at a time: each has a server and a worker of its own, and a core to itself. */
const LANES = 2;

/** Cells of the table, in their order. */
export function ordersOf({ weeks, ablated, worlds }: Effort): CellOrder[] {
  const usual = worlds.map(({ world }) => {
    const order = { world, variant: 'usual' as const, weeks, seed: SEED };
    return ablated === 0 ? order : { ...order, also: ablated };
  });
  const others = worlds.flatMap(({ world, ablations }) =>
    ablations.map((variant) => ({ world, variant, weeks: ablated, seed: SEED })),
  );
  return [...usual, ...others];
}

/** Simulates every cell, each in a process of its own; one that fails is left out, and said. */
export async function simulateAll(orders: readonly CellOrder[], lanes = LANES): Promise<(Cell | undefined)[]> {
  const cells: (Cell | undefined)[] = orders.map(() => undefined);
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < orders.length) {
      const at = next++;
      const order = orders[at] as CellOrder;
      const name = `${order.world}, ${order.variant}, ${order.weeks} weeks`;
      const started = performance.now();
      try {
        const cell = await inProcess(order);
        cells[at] = cell;
        // What is lost when the whole is stopped: the table as far as it has come.
        process.stderr.write(`${name}: ${((performance.now() - started) / 1000).toFixed(0)} s\n${inBrief(cell)}\n`);
      } catch (error) {
        process.stderr.write(`${name}: ${error instanceof Error ? error.message : String(error)}\n`);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(lanes, orders.length) }, lane));
  return cells;
}

const inBrief = ({ outcomes, truth, costs: { seconds: _seconds, ...costs } }: Cell): string =>
  JSON.stringify({ outcomes, truth, costs });

/** The line that every week is promoted, by itself: its times are measured. */
export const longestLine = ({ promoted }: Effort): CellOrder[] =>
  promoted === 0 ? [] : [{ world: 'every week', variant: 'no spending', weeks: promoted, seed: SEED }];

function inProcess(order: CellOrder): Promise<Cell> {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(new URL('./cell-process.ts', import.meta.url)), [JSON.stringify(order)], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      execArgv: [],
    });
    let cell: Cell | undefined;
    child.on('message', (message) => (cell = message as Cell));
    child.once('error', reject);
    child.once('exit', (code) => (cell ? resolve(cell) : reject(new Error(`ended with ${code} and no result`))));
  });
}
