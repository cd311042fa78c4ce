import { z } from 'zod';
import { enterApproval } from '../../artifacts/ledger/approvals.ts';
import { assembleEvidence } from '../../artifacts/ledger/evidence.ts';
import { canonicalJson } from '../../configs/canonical-json.ts';
import { Verdict } from '../../configs/refs.ts';
import { defineStep, type Step } from '../step/define.ts';
import type { Deps } from '../step/deps.ts';

export const RequestParams = z.strictObject({
  round: z.int().min(1),
  /** The pipeline, and the name and alias under which the candidate would be registered. */
  line: z.string(),
  model: z.string(),
  alias: z.string(),
  /** Version of the champion that would be replaced; null: there is none. */
  champion: z.int().nullable(),
  /** What the gate said, or the run made of it. */
  verdict: Verdict,
  role: z.string().nullable(),
  quorum: z.int().min(1),
  requestedBy: z.string(),
  /** ISO 8601. */
  requestedAt: z.string(),
  expiresAt: z.string(),
});
export type RequestParams = z.infer<typeof RequestParams>;

/**
 * Puts together what people are to decide on, each part by its digest, and enters the request. Its name is that of
 * the execution.
 *
 * Inputs: `model`, `base`, `test`, `report`, `verdict`, `champion` where there is one, `forgetting` where there is one.
 * Output: `request` (ApprovalRequest); its digest is what a decision is bound to.
 */
export function createRequestApproval(deps: Deps): Step<RequestParams> {
  return defineStep(deps, {
    name: 'approval',
    version: '1',
    params: RequestParams,
    // Another run asks other people, at another time.
    always: true,
    run: async (context) => {
      const { params, run, executionId, inputs } = context;
      const { line, model, alias, champion, round, verdict } = params;
      const evidence = await assembleEvidence(deps, {
        run: run.id,
        round,
        line,
        name: model,
        alias,
        champion: champion === null ? null : { version: champion, digest: context.input('champion').digest },
        inputs,
      });
      const text = canonicalJson(evidence);
      const request = await context.save('ApprovalRequest', { text }, { model, verdict });
      await enterApproval(deps.ledger, {
        id: executionId,
        run_id: run.id,
        line,
        model,
        evidence: request.digest,
        evidence_json: text,
        verdict,
        role: params.role,
        quorum: params.quorum,
        requested_by: params.requestedBy,
        requested_at: params.requestedAt,
        expires_at: params.expiresAt,
      });
      return {
        outputs: { request },
        facts: { approval: executionId, evidence: request.digest, quorum: params.quorum, expires: params.expiresAt },
      };
    },
  });
}
