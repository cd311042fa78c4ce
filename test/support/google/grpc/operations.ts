import { Refusal, CODES } from '../errors.ts';
import type { Journal } from '../journal.ts';
import { newId, text, type Message } from './rules.ts';

/** Type of an answer, in Google's notation. */
const TYPE = 'type.googleapis.com/google.cloud.aiplatform.v1.';

interface Operation {
  /** When it is done, in ms. */
  readyAt: number;
  /** What it does then. */
  effect: { kind: string; args: Message };
  done: boolean;
  response?: Message;
  error?: { code: number; message: string };
}

/** What an operation does when its time has come; gives its answer. */
export type Effect = (args: Message) => { type: string; answer: Message };

/**
 * Long-running operations. Each is written down with what it will do before it is answered, and does it when its time
 * has come, whether or not the server was killed in between.
 */
export class Operations {
  readonly #journal: Journal;
  readonly #effects = new Map<string, Effect>();
  /** How long an operation takes, in ms. */
  takesMs: number;
  /** Operations of this kind do not end: `upload`, `deploy`. */
  held: string | undefined;

  constructor(journal: Journal, takesMs: number) {
    this.#journal = journal;
    this.takesMs = takesMs;
  }

  /** Says what operations of a kind do. */
  on(kind: string, effect: Effect): void {
    this.#effects.set(kind, effect);
  }

  /** Begins one below a resource. */
  begin(resource: string, kind: string, args: Message): Message {
    const name = `${resource}/operations/${newId(resource)}`;
    const operation: Operation = { readyAt: Date.now() + this.takesMs, effect: { kind, args }, done: false };
    this.#journal.put('operation', name, operation);
    return toMessage(name, operation);
  }

  /** Does what is due. Called before every other call, so that nobody sees the past. */
  settle(): void {
    for (const [name, operation] of this.#journal.all<Operation>('operation')) {
      if (operation.done || operation.readyAt > Date.now() || operation.effect.kind === this.held) continue;
      const { kind, args } = operation.effect;
      try {
        const effect = this.#effects.get(kind);
        if (!effect) throw new Refusal('INTERNAL', `no such operation: ${kind}`);
        const { type, answer } = effect(args);
        this.#journal.put('operation', name, { ...operation, done: true, response: { '@type': type, ...answer } });
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        const status = { code: CODES[error.code].grpc, message: error.message };
        this.#journal.put('operation', name, { ...operation, done: true, error: status });
      }
    }
  }

  /** Names of those that are under way below a resource. */
  underWay(resource: string): string[] {
    return this.#journal
      .all<Operation>('operation')
      .filter(([name, { done }]) => !done && name.startsWith(`${resource}/operations/`))
      .map(([name]) => name);
  }

  readonly handlers = {
    GetOperation: (request: Message): Message => {
      const name = text(request['name']);
      const operation = this.#journal.get<Operation>('operation', name);
      if (!operation) throw new Refusal('NOT_FOUND', `no operation ${name}`);
      return toMessage(name, operation);
    },
    ListOperations: (request: Message): Message => {
      const parent = text(request['name']).replace(/\/operations$/, '');
      const found = this.#journal
        .all<Operation>('operation')
        .filter(([name]) => name.startsWith(`${parent}/operations/`));
      return { operations: found.map(([name, operation]) => toMessage(name, operation)) };
    },
  };
}

function toMessage(name: string, { done, response, error }: Operation): Message {
  return { name, done, ...(error ? { error } : response ? { response } : {}) };
}

/** Full name of a message of Vertex AI. */
export const vertexType = (name: string): string => `${TYPE}${name}`;

/** Type of an answer without anything in it. */
export const EMPTY = { type: 'type.googleapis.com/google.protobuf.Empty', answer: {} };
