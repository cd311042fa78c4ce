import { z } from 'zod';

const share = z.int().min(0).max(100);

/** An endpoint of Vertex AI that serves versions of the line. */
const Endpoint = z
  .strictObject({
    name: z
      .string()
      .regex(
        /^[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/,
        'expected a letter, then lower-case letters, digits and "-", at most 63 characters',
      )
      .describe('Id of the endpoint; it is made when it is not there. Deployed machines are billed by the hour.'),
    traffic: z
      .record(z.string().regex(/^[a-z][a-z0-9-]{0,30}$/, 'expected an alias, such as champion'), share)
      .refine((split) => Object.values(split).reduce((sum, one) => sum + one, 0) === 100, {
        error: 'expected shares that add up to 100',
      })
      .default({ champion: 100 })
      .describe(
        'Percent of the traffic by alias, default all to champion. An alias that points to nothing gives its share to the first that does.',
      ),
    machine: z
      .strictObject({
        type: z.string().min(1).describe('Machine type, e.g. g2-standard-12.'),
        accelerator: z
          .string()
          .regex(/^[A-Z0-9_]+$/, 'expected a type such as NVIDIA_L4')
          .optional()
          .describe('Type of accelerator, e.g. NVIDIA_L4. Default: none.'),
        acceleratorCount: z.int().min(1).max(16).default(1).describe('Accelerators a machine, default 1.'),
        min: z
          .int()
          .min(1)
          .max(100)
          .default(1)
          .describe('Machines at least, default 1. Too high: you pay for idle ones.'),
        max: z.int().min(1).max(100).default(1).describe('Machines at most, default 1. Too low: requests wait.'),
      })
      .optional()
      .describe('Machines for models of your own. Default: none, which only tuned models of the vendor can do with.'),
  })
  .describe('Endpoint that follows the aliases of the line.');

/** What is copied to Google Cloud after a run: it is shown there, and never read from there. */
export const GoogleMirror = z
  .strictObject({
    registry: z
      .boolean()
      .default(false)
      .describe('Versions, aliases and labels in the Vertex Model Registry. Default: no.'),
    metadata: z
      .boolean()
      .default(false)
      .describe('Runs, steps and artifacts in Vertex ML Metadata, as a lineage graph. Default: no.'),
    experiments: z
      .boolean()
      .default(false)
      .describe('Parameters and metrics of runs in Vertex Experiments. Default: no.'),
    openLineage: z.boolean().default(false).describe('Run events of OpenLineage to Dataplex. Default: no.'),
    endpoint: Endpoint.optional(),
    container: z
      .strictObject({
        image: z.string().min(1).describe('Image in Artifact Registry that serves the model.'),
        command: z.array(z.string()).optional().describe('Command of the container. Default: that of the image.'),
        args: z.array(z.string()).optional().describe('Arguments of the command.'),
        port: z.int().min(1).max(65_535).default(8080).describe('Port that it listens on, default 8080.'),
        predictRoute: z.string().optional().describe('Path of requests. Default: that of Vertex AI.'),
        healthRoute: z.string().optional().describe('Path of health checks. Default: that of Vertex AI.'),
      })
      .optional()
      .describe('How models of your own are served. Default: they are registered and cannot be deployed.'),
  })
  .describe('What is copied to Google Cloud after a run. `anneal sync` repairs it; nothing is read from there.');
export type GoogleMirror = z.infer<typeof GoogleMirror>;
