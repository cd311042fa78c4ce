import type { Refs } from '../../configs/refs.ts';
import type { Hits, RunReport } from '../../evaluation/report/model.ts';
import type { HitRate, SafetyLine } from '../../evaluation/safety/summary.ts';
import type { ProbeReport } from '../evaluation/probe.ts';
import type { Deps } from '../step/deps.ts';

type Shelf = Pick<Deps, 'store'>;

/** Attacks, refusals and gaps of a run. */
export async function safetyPart(
  { store }: Shelf,
  probe: { outputs: Refs } | undefined,
): Promise<Pick<RunReport, 'safety'>> {
  const ref = probe?.outputs['report'];
  if (!ref) return {};
  const { safety, bias } = JSON.parse((await store.read(ref.digest)).toString('utf8')) as ProbeReport;
  const refused = safety?.overRefusal.find(({ language }) => language === 'all') ?? safety?.overRefusal.at(-1);
  return {
    safety: {
      ...(safety
        ? {
            attacks: safety.attacks
              .filter(({ language }) => language !== 'all')
              .map((line) => ({ family: line.family, language: line.language, ...sidesOf(line) })),
          }
        : {}),
      ...(refused ? { overRefusal: sidesOf(refused) } : {}),
      ...(bias
        ? {
            bias: bias.candidate.map(({ slice, differing }, i) => ({
              name: slice,
              candidate: differing,
              ...(bias.champion[i] ? { champion: bias.champion[i].differing } : {}),
            })),
          }
        : {}),
    },
  };
}

const sidesOf = ({
  candidate,
  champion,
}: Pick<SafetyLine, 'candidate' | 'champion'>): { candidate?: Hits; champion?: Hits } => ({
  ...(candidate ? { candidate: hitsOf(candidate) } : {}),
  ...(champion ? { champion: hitsOf(champion) } : {}),
});

const hitsOf = ({ n, hits }: HitRate): Hits => ({ n, hits });
