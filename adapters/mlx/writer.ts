import { join } from 'node:path';
import { z } from 'zod';
import { digestOf, hexOf } from '../../artifacts/canonical.ts';
import { terminal, TerminalError } from '../../configs/failure.ts';
import type { Writer, WriterMessage } from '../contracts.ts';
import { promptTokensOf } from '../endpoint/dialect.ts';
import { AskFailed } from '../endpoint/errors.ts';
import { createLimiter, limiterOf } from '../endpoint/limiter.ts';
import { createEndpointWriter } from '../endpoint/writer.ts';
import { isCancelled } from '../local/await.ts';
import { cancelJob } from '../local/job.ts';
import { endServer, ensureServer, touchServer } from '../local/server-job.ts';
import { pythonIdentity, pythonProgram } from './python.ts';

export interface MlxWriterSettings {
  /** Folder of job folders. */
  jobs: string;
  /** The run it answers for: with it the server is cancelled. */
  run: string;
  /** Base model folder, or the whole tuned model. */
  base: string;
  adapter?: string | undefined;
  /** For a whole reply, in ms. */
  timeoutMs?: number | undefined;
  /** Requests at the server at a time. */
  concurrency?: number | undefined;
  /** The server ends by itself when no worker has wanted it for so long, in ms. */
  idleMs?: number | undefined;
}

/**
 * mlx-lm answers requests with a seed one after the other, in the order they come. A second one waits at the
 * server, so that it has no pause between two.
 */
const CONCURRENCY = 2;
const IDLE_MS = 10 * 60_000;
/** A long answer of a large model on a slow machine; a server that dies is noticed at once. */
const TIMEOUT_MS = 30 * 60_000;

/** Asks a model on this machine through mlx-lm's own server, which is started when it is first asked. */
export function createMlxWriter(settings: MlxWriterSettings): Writer {
  const { jobs, run, base, adapter, concurrency = CONCURRENCY, timeoutMs = TIMEOUT_MS, idleMs = IDLE_MS } = settings;
  const folder = join(jobs, `${run}.serve-${hexOf(digestOf(`${base}\n${adapter ?? ''}`)).slice(0, 8)}`);
  const turns = limiterOf(folder, { concurrency });
  const spec = { kind: 'serve', base, adapter: adapter ?? null, idleSeconds: idleMs / 1000 };

  const writerAt = (at: number): Writer =>
    createEndpointWriter(
      {
        baseUrl: `http://127.0.0.1:${at}/v1`,
        model: 'default_model',
        timeoutMs,
        limits: { concurrency },
        // It takes no notice of response_format, and does not say so.
        dialect: { structure: 'words' },
      },
      createLimiter({ concurrency }),
    );

  return {
    identity: async () => ({ writer: 'mlx', ...(await pythonIdentity()) }),

    ask: (request, watch) =>
      turns.run(promptTokensOf(request) + request.maxTokens, watch.signal, async () => {
        const wanted = setInterval(() => void touchServer(folder).catch(() => undefined), idleMs / 4);
        try {
          const messages = request.messages.map(asText);
          const at = await ensureServer(folder, run, spec, pythonProgram('serve.py'), watch.signal);
          return await writerAt(at).ask({ ...request, messages }, watch);
        } catch (error) {
          if (watch.signal.aborted && isCancelled(watch.signal)) await cancelJob(folder);
          throw translated(error);
        } finally {
          clearInterval(wanted);
        }
      }),

    close: () => endServer(folder),
  };
}

const Texts = z.array(z.object({ type: z.literal('text'), text: z.string() }));

/** Texts only: to show a picture the server would fetch whatever address a row names. */
function asText(message: WriterMessage): WriterMessage {
  if (typeof message.content === 'string') return message;
  const parts = Texts.safeParse(message.content ?? []);
  if (!parts.success)
    throw terminal('AskRefused', 'the local model reads text only, and a message holds something else');
  return { ...message, content: parts.data.map(({ text }) => text).join('') };
}

/** The server answers every error with 404, also those that have nothing to do with a name. */
function translated(error: unknown): unknown {
  if (!(error instanceof TerminalError) || error.type !== 'NoModel') return error;
  const said = /\(404: (.*)\)/.exec(error.message)?.[1] ?? error.message;
  if (said.includes('generation thread died'))
    return new AskFailed(`the local model's server has failed: ${said}`, false);
  return terminal('AskRefused', `the local model cannot answer: ${said}`, {}, error);
}
