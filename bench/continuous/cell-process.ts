import { simulate, type CellOrder } from './cell.ts';

/** One cell in a process of its own: the order is its argument, the result goes to the parent. */
process.once('disconnect', () => process.exit(1));
const cell = await simulate(JSON.parse(process.argv[2] ?? '') as CellOrder);
process.send?.(cell, undefined, undefined, () => process.exit(0));
