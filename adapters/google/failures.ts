import { terminal, type TerminalError } from '../../configs/failure.ts';
import { RemoteFailure } from '../remote/failure.ts';
import { serviceName } from './address.ts';
import type { Words } from './error-body.ts';
import { enableCommand, grantCommand, roleFor } from './roles.ts';

/** What was asked, as far as an error needs it. */
export interface Asked {
  url: URL;
  /** Whether the request changes something there. */
  isWrite: boolean;
}

/** What a refusal is, and what to do. */
type Refusal = [type: string, remedy: string, details?: Record<string, unknown>];

/** The error for a reply whose status is none of success. @param wait What the reply asks for in its headers, in ms. */
export function errorOf(status: number, words: Words, wait: number | undefined, asked: Asked): Error {
  const from = serviceName(asked.url);
  const said = [String(status), words.code].filter(Boolean).join(' ') + (words.text && `: ${words.text}`);
  if (status === 429 || words.code === 'RESOURCE_EXHAUSTED') {
    const retryAfterMs = wait ?? words.retryAfterMs;
    const retry = retryAfterMs === undefined ? {} : { retryAfterMs };
    return new RemoteFailure('quota', `${from} says that a quota is used up (${said})`, retry);
  }
  // A transaction that lost against another one: nothing was changed.
  if (words.code === 'ABORTED') return new RemoteFailure('away', `${from} was busy with another change (${said})`);
  if (status >= 500 || [408, 499].includes(status)) {
    const retry = wait === undefined ? {} : { retryAfterMs: wait };
    return asked.isWrite
      ? new RemoteFailure('ambiguous', `${from} failed, and may have done what was asked (${said})`, retry)
      : new RemoteFailure('away', `${from} is out of order (${said})`, retry);
  }
  const [type, remedy, details] = refusalOf(status, words, asked.url);
  return refused(type, `${from} refuses (${said}): ${remedy}`, {
    status,
    reason: words.reason || undefined,
    ...details,
  });
}

const refused = (type: string, message: string, details: Record<string, unknown>): TerminalError =>
  terminal(type, message, Object.fromEntries(Object.entries(details).filter(([, value]) => value !== undefined)));

function refusalOf(status: number, words: Words, url: URL): Refusal {
  switch (status) {
    case 401:
      return [
        'NoCredentials',
        'the credentials are not accepted, a fresh token neither; run `gcloud auth application-default login` where the worker runs, or see `anneal doctor --cloud`',
      ];
    case 403:
      return forbidden(words, url);
    case 404:
      return missing(words, url);
    case 409:
      return ['AlreadyThere', 'something of that name is there already; choose another name, or delete it'];
    case 412:
      return ['Changed', 'somebody else changed it meanwhile; look at it again, then repeat the command'];
    case 413:
      return ['TooLarge', 'the request is too large; send fewer or shorter rows'];
    default:
      if (status >= 300 && status < 400)
        return ['BadEndpoint', 'it sends one elsewhere, which is not followed; check google.location'];
      return badRequest(words, url);
  }
}

function forbidden({ reason, facts, text }: Words, url: URL): Refusal {
  const project = projectOf(facts, url);
  if (reason === 'SERVICE_DISABLED' || /has not been used in project|API .*(?:is|was) disabled/i.test(text)) {
    const service = serviceIn(facts) ?? 'aiplatform.googleapis.com';
    const command = enableCommand(project, service);
    return ['ApiDisabled', `enable the API, then wait a few minutes: ${command}`, { service, command }];
  }
  if (reason === 'BILLING_DISABLED' || /billing/i.test(text)) {
    return [
      'NoBilling',
      `the project ${project} has no billing account: link one (gcloud billing projects link ${project} --billing-account=ACCOUNT)`,
    ];
  }
  if (reason === 'USER_PROJECT_DENIED') {
    const role = 'roles/serviceusage.serviceUsageConsumer';
    return [
      'NoPermission',
      `the identity may not bill its requests to that project: ${grantCommand(project, role)}`,
      { role },
    ];
  }
  if (reason === 'SECURITY_POLICY_VIOLATED' || /vpcServiceControls/i.test(text)) {
    return ['NoPermission', 'a perimeter of VPC Service Controls is in between: ask its owner to let the identity in'];
  }
  const permission =
    facts['permission'] ?? /\b[a-z][\w]+\.[\w]+\.[a-zA-Z]+\b/.exec(text.replace(/https?:\S+/g, ''))?.[0];
  const role = permission === undefined ? undefined : roleFor(permission);
  const lacks = permission
    ? `the identity that the worker runs as lacks ${permission}`
    : 'the identity lacks a permission';
  return [
    'NoPermission',
    `${lacks}; ${role ? `give it ${role}: ${grantCommand(project, role)}` : '`anneal doctor --cloud` says which role to give'}`,
    { permission, role },
  ];
}

function missing({ text }: Words, url: URL): Refusal {
  const model = /\/publishers\/[\w-]+\/models\/([^/:]+)/.exec(decodeURI(url.pathname))?.[1];
  if (model !== undefined || /publisher model/i.test(text)) {
    return [
      'NoModel',
      `${model ? `the model ${model}` : 'the model'} is not offered in this location, or no longer: check its name, its retirement date and google.location`,
      { model },
    ];
  }
  return [
    'NotFound',
    'it is not there, was deleted, or lies in another project or location: check google.project and google.location',
  ];
}

function badRequest({ text, reason, code }: Words, url: URL): Refusal {
  if (reason === 'API_KEY_INVALID' || code === 'UNAUTHENTICATED')
    return refusalOf(401, { text, reason, code, facts: {} }, url);
  if (/\bno deployed model\b|\bnot deployed\b/i.test(text)) return missing({ text, reason, code, facts: {} }, url);
  // Names of resources hold the word as well.
  if (/\b(?:region|location)s?\b/i.test(text.replace(/\S+\/locations\/\S+/g, ''))) {
    return [
      'WrongRegion',
      'choose a google.location that has the model, and a bucket in the same location or multi-region',
    ];
  }
  if (
    /\bmodel\b.*(?:not (?:supported|found|available|allowed|tunable)|does ?n.t (?:exist|support)|cannot be tuned|deprecated|retired|unsupported)|(?:unsupported|unknown|invalid).*\bmodel\b/i.test(
      text,
    )
  ) {
    return [
      'NoModel',
      'choose a model that can be tuned now (model.for.vertex); docs/google-cloud.md lists where to look',
    ];
  }
  if (/does not have (?:permission|access)|access denied|permission/i.test(text)) {
    return [
      'NoPermission',
      "Google's own service agent or the job's service account may not read or write there: give it roles/storage.objectUser on the bucket",
    ];
  }
  return ['RequestRefused', 'change what it names, then run again; what was done before is kept'];
}

/** The project to name in a command. */
function projectOf(facts: Record<string, string>, url: URL): string {
  const consumer = /^projects\/([\w:.-]+)$/.exec(facts['consumer'] ?? '')?.[1];
  return consumer ?? /\/projects\/([a-z0-9:.-]+)/.exec(decodeURI(url.pathname))?.[1] ?? 'PROJECT';
}

/** Only what looks like a service's name may stand in a command that people copy. */
const serviceIn = (facts: Record<string, string>): string | undefined =>
  /^[a-z0-9-]+\.googleapis\.com$/.exec(facts['service'] ?? '')?.[0];
