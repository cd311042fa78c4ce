export { backfill } from './backfill.ts';
export { continuous } from './continuous.ts';
export { deliverNotice } from './deliver-notice.ts';
export { reconsider } from './reconsider.ts';
export { tune } from './tune.ts';
export { watch } from './watch.ts';
