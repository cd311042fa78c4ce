import type { StrategyName, Task } from '../../../configs/synthesis-tasks.ts';
import type { Strategy } from '../strategy.ts';
import { adversarial } from './adversarial.ts';
import { contrastive } from './contrastive.ts';
import { evolve } from './evolve.ts';
import { fillGaps } from './fill-gaps.ts';
import { grammar } from './grammar.ts';
import { groundTruth } from './ground-truth.ts';
import { paraphrase } from './paraphrase.ts';
import { persona } from './persona.ts';
import { selfInstruct } from './self-instruct.ts';

/** Every strategy by its name. A strategy is only ever given the settings of its own name. */
export const ALL_STRATEGIES = {
  paraphrase,
  'self-instruct': selfInstruct,
  evolve,
  persona,
  'fill-gaps': fillGaps,
  contrastive,
  adversarial,
  'ground-truth': groundTruth,
  grammar,
} as unknown as Readonly<Record<StrategyName, Strategy<Task>>>;
