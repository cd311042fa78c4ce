import process from 'node:process';
import { messageOf, TerminalError } from '../../../configs/failure.ts';
import type { MirrorResult } from '../../mirror.ts';
import { redact } from '../../remote/redact.ts';
import { openClients, type Clients } from './clients.ts';
import { mirrorEndpoint } from './endpoint.ts';
import { mirrorGraph } from './graph.ts';
import { Request, type Reply } from './protocol.ts';
import { mirrorModels } from './registry.ts';

/** The process that holds the client library of Vertex AI; it answers its parent and ends with it. */

const opened = new Map<string, Promise<Clients>>();

/** Clients of a location, made once. */
function clientsOf({ place }: Request): Promise<Clients> {
  const key = `${place.project} ${place.location}`;
  const clients = opened.get(key) ?? openClients(place);
  opened.set(key, clients);
  clients.catch(() => opened.delete(key));
  return clients;
}

async function answer(request: Request): Promise<MirrorResult[]> {
  const clients = await clientsOf(request);
  const { place, dryRun } = request;
  if (request.call === 'models') return mirrorModels(clients, place, request.wanted, dryRun);
  if (request.call === 'endpoint') return [await mirrorEndpoint(clients, place, request.wanted, dryRun)];
  return mirrorGraph(clients, place, request.wanted, dryRun);
}

process.on('disconnect', () => process.exit(0));
process.on('message', (message: unknown) => {
  const { success, data } = Request.safeParse(message);
  const id = success ? data.id : Number((message as { id?: unknown }).id ?? 0);
  const reply = (reply: Reply): void => void process.send?.(reply);
  if (!success) return reply({ id, error: { type: 'BadRequest', message: 'the request has an unexpected shape' } });
  answer(data).then(
    (results) => reply({ id, results }),
    (error: unknown) => {
      const type = error instanceof TerminalError ? error.type : 'MirrorFailed';
      reply({ id, error: { type, message: redact(messageOf(error)).slice(0, 500) } });
    },
  );
});
