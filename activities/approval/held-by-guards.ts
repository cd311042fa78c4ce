import type { GateDecision } from '../../metrics/gate/tally.ts';

/** What of a verdict counts here; verdicts of earlier versions do not have all of it. */
interface Held extends Pick<GateDecision, 'verdict'>, Partial<Pick<GateDecision, 'primaries' | 'guards' | 'floors'>> {
  settings: { maxUnmeasured: number };
}

/**
 * Whether a metric that decides is proved better and none worse, enough was measured, and a guard, a floor or what is
 * forgotten of earlier periods is all that stands against promotion.
 */
export function isHeldByGuards({ verdict, primaries, guards, floors, settings }: Held, isForgetful = false): boolean {
  const deciding = primaries ?? [];
  const isWorse = deciding.length > 1 && deciding.some(({ upper }) => upper < 0);
  const isMeasured = deciding.every(({ unmeasured, n }) => unmeasured / n <= settings.maxUnmeasured);
  const isHeld = isForgetful || [...(guards ?? []), ...(floors ?? [])].some(({ outcome }) => outcome !== 'passed');
  return verdict !== 'promote' && deciding.some(({ isProved }) => isProved) && !isWorse && isMeasured && isHeld;
}
