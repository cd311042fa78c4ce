/** Google's error codes: what HTTP and gRPC call each. */
export const CODES = {
  CANCELLED: { http: 499, grpc: 1 },
  INVALID_ARGUMENT: { http: 400, grpc: 3 },
  DEADLINE_EXCEEDED: { http: 504, grpc: 4 },
  NOT_FOUND: { http: 404, grpc: 5 },
  ALREADY_EXISTS: { http: 409, grpc: 6 },
  PERMISSION_DENIED: { http: 403, grpc: 7 },
  RESOURCE_EXHAUSTED: { http: 429, grpc: 8 },
  FAILED_PRECONDITION: { http: 400, grpc: 9 },
  ABORTED: { http: 409, grpc: 10 },
  UNIMPLEMENTED: { http: 501, grpc: 12 },
  INTERNAL: { http: 500, grpc: 13 },
  UNAVAILABLE: { http: 503, grpc: 14 },
  UNAUTHENTICATED: { http: 401, grpc: 16 },
} as const;

/** A code by name. */
export type Code = keyof typeof CODES;

/** What a service refuses, whatever the transport. */
export class Refusal extends Error {
  readonly code: Code;
  readonly details: readonly object[];
  /** Seconds, or undefined: the server does not say when to come again. */
  readonly retryAfter: number | undefined;

  constructor(code: Code, message: string, more: { details?: object[]; retryAfter?: number | undefined } = {}) {
    super(message);
    this.code = code;
    this.details = more.details ?? [];
    this.retryAfter = more.retryAfter;
  }

  /** The error as Google's REST services write it. */
  body(): object {
    return {
      error: {
        code: CODES[this.code].http,
        message: this.message,
        status: this.code,
        ...(this.details.length > 0 ? { details: this.details } : {}),
      },
    };
  }
}

/** An argument that cannot be. */
export const invalid = (message: string, field?: string): Refusal =>
  new Refusal('INVALID_ARGUMENT', message, {
    details: field
      ? [{ '@type': 'type.googleapis.com/google.rpc.BadRequest', fieldViolations: [{ field, description: message }] }]
      : [],
  });
