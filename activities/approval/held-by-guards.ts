import type { GateDecision } from '../../metrics/gate/tally.ts';

/** Whether a metric that decides is proved better and none worse, enough was measured, and a guard or floor is all that stands against promotion. */
export function isHeldByGuards(
  decision: Pick<GateDecision, 'verdict' | 'primaries' | 'guards' | 'floors'> & { settings: { maxUnmeasured: number } },
): boolean {
  // Verdicts of earlier versions have none of these.
  const { verdict, primaries = [], guards = [], floors = [], settings } = decision;
  const isWorse = primaries.length > 1 && primaries.some(({ upper }) => upper < 0);
  const isMeasured = primaries.every(({ unmeasured, n }) => unmeasured / n <= settings.maxUnmeasured);
  const isHeld = [...guards, ...floors].some(({ outcome }) => outcome !== 'passed');
  return verdict !== 'promote' && primaries.some(({ isProved }) => isProved) && !isWorse && isMeasured && isHeld;
}
