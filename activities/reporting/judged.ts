import { listCalibrations, stateOfJudge } from '../../artifacts/ledger/judges.ts';
import type { Refs } from '../../configs/refs.ts';
import type { JudgeReport } from '../../evaluation/judges/report.ts';
import type { Hits, RunReport } from '../../evaluation/report/model.ts';
import type { HitRate, SafetyLine } from '../../evaluation/safety/summary.ts';
import type { ProbeReport } from '../evaluation/probe.ts';
import type { GateVerdict } from '../gate.ts';
import type { Deps } from '../step/deps.ts';

type Shelf = Pick<Deps, 'store' | 'ledger'>;

/** The judge of a run: the one that decides, else the first. */
export async function judgePart(
  { store, ledger }: Shelf,
  judged: { outputs: Refs } | undefined,
  verdict: GateVerdict | undefined,
): Promise<Pick<RunReport, 'judge'>> {
  const ref = judged?.outputs['report'];
  if (!ref) return {};
  const { judges } = JSON.parse((await store.read(ref.digest)).toString('utf8')) as JudgeReport;
  const deciding = Object.keys(verdict?.judges ?? {});
  const [name, found] = Object.entries(judges).toSorted(
    ([a], [b]) => Number(deciding.includes(b)) - Number(deciding.includes(a)),
  )[0] ?? [undefined, undefined];
  if (!found) return {};
  const state = await stateOfJudge(ledger, found.digest);
  const [newest] = await listCalibrations(ledger, found.digest);
  const { wins, ties, losses } = found;
  return {
    judge: {
      name,
      model: found.model,
      decides: deciding.includes(name),
      calibration: {
        state: state === 'retired' ? 'failed' : state,
        ...(newest ? { made: newest.made_at.slice(0, 10), expires: newest.expires_at.slice(0, 10) } : {}),
        ...(state === 'retired' ? { note: 'It was retired and decides nothing any more.' } : {}),
        ...(found.calibration === 'waived' && state !== 'valid'
          ? { note: 'The recipe lets it decide without having been compared with people.' }
          : {}),
      },
      ...(newest?.kappa === undefined || newest.kappa === null
        ? {}
        : { agreement: { kappa: { value: newest.kappa, n: newest.n }, n: newest.n } }),
      ...(found.slotBias ? { slotBias: found.slotBias } : {}),
      ...(found.flipRate ? { flipRate: found.flipRate } : {}),
      ...(wins === undefined || ties === undefined || losses === undefined
        ? {}
        : { pairwise: { win: wins, tie: ties, loss: losses, unmeasured: found.unmeasured } }),
      unmeasured: found.unmeasured,
    },
  };
}

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
