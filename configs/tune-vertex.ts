import { z } from 'zod';

/** Settings of a tuning job at Vertex AI; what is left out is up to the service. */
export const VertexTuning = z
  .strictObject({
    epochs: z
      .int()
      .min(1)
      .max(100)
      .optional()
      .describe('Times every row is learned, and paid. Default: the service chooses by the number of rows.'),
    learningRateMultiplier: z
      .number()
      .positive()
      .max(10)
      .optional()
      .describe('Factor on the learning rate of the service, default 1. Too high: it forgets. Too low: learns slowly.'),
    adapterSize: z
      .union([z.literal(1), z.literal(2), z.literal(4), z.literal(8), z.literal(16), z.literal(32)])
      .optional()
      .describe('Rank of the adapter: 1, 2, 4, 8, 16 or 32; which of them depends on the model. Default: the service.'),
    beta: z
      .number()
      .positive()
      .max(10)
      .optional()
      .describe('objective preference: how close it stays to the model it starts from. Default: the service.'),
    validation: z
      .number()
      .gt(0)
      .max(0.5)
      .optional()
      .describe(
        'Share of the training rows given to the service as validation rows. Default: that of tune.choose, else none.',
      ),
    startCheckpoint: z
      .string()
      .regex(/^\d{1,9}$/, 'expected the number of a checkpoint, such as "3"')
      .optional()
      .describe('Checkpoint of the earlier tuned model that a warm start goes on from. Default: the one it serves.'),
    lastCheckpointOnly: z
      .boolean()
      .default(false)
      .describe('Have the service keep the last checkpoint alone, default false. With true none can be chosen.'),
    evaluation: z
      .strictObject({
        metrics: z
          .array(z.record(z.string(), z.unknown()))
          .min(1)
          .max(20)
          .describe(
            "Metrics in the service's own form, e.g. { predefinedMetricSpec: { metricSpecName: general_quality_v1 } }.",
          ),
        output: z
          .string()
          .regex(/^gs:\/\/.+/, 'expected gs://BUCKET/PREFIX')
          .describe('Where the service writes what it measured.'),
      })
      .optional()
      .describe("The service's own evaluation of each checkpoint, beside ours. Default: none."),
  })
  .describe('provider vertex: settings of the tuning job. Limits by model: docs/vertex.md.');
export type VertexTuning = z.infer<typeof VertexTuning>;
