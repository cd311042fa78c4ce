export { deliverNotice } from './deliver-notice.ts';
export { reconsider } from './reconsider.ts';
export { tune } from './tune.ts';
