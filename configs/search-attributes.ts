import { defineSearchAttributeKey } from '@temporalio/common';

/** What runs can be searched by in the Temporal UI, e.g. `AnnealVerdict = "promote"`. All are keywords. */
export const SEARCH_ATTRIBUTES = {
  pipeline: defineSearchAttributeKey('AnnealPipeline', 'KEYWORD'),
  model: defineSearchAttributeKey('AnnealModel', 'KEYWORD'),
  stage: defineSearchAttributeKey('AnnealStage', 'KEYWORD'),
  verdict: defineSearchAttributeKey('AnnealVerdict', 'KEYWORD'),
} as const;
