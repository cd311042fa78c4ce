export { reconsider } from './reconsider.ts';
export { tune } from './tune.ts';
