import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A secret that must be found nowhere; `look` is the part that is looked for. */
export interface Planted {
  name: string;
  value: string;
  look: string;
}

/** A token or key with a beginning as the vendor gives it. */
export function plant(name: string, beginning: string): Planted {
  const value = `${beginning}${randomBytes(24).toString('hex')}`;
  return { name, value, look: value.slice(beginning.length) };
}

/** A key file of a service account: its text, and what of it must be found nowhere. */
export function plantKeyFile(project: string): { text: string; planted: Planted[] } {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const id = plant('id of the private key', '');
  const text = JSON.stringify({
    type: 'service_account',
    project_id: project,
    private_key_id: id.value,
    private_key: pem,
    client_email: `tuner@${project}.iam.gserviceaccount.com`,
    token_uri: 'https://oauth2.googleapis.com/token',
  });
  // A line from the middle: a key that is cut off counts too.
  return { text, planted: [{ name: 'private key', value: pem, look: pem.split('\n')[5] ?? '' }, id] };
}

/** How a text may stand in bytes: as it is, and in base64 at each of the three places it can begin at. */
function formsOf(text: string): string[] {
  const base64 = [0, 1, 2].map((shift) => {
    const encoded = Buffer.concat([Buffer.alloc(shift), Buffer.from(text)]).toString('base64');
    // Letters at both ends hold bits of what stands beside.
    return encoded.slice(Math.ceil((shift * 8) / 6), Math.floor(((shift + text.length) * 8) / 6) - 1);
  });
  return [text, ...base64];
}

/** Which planted secrets stand in some bytes, by name. */
export function findIn(bytes: Buffer, planted: readonly Planted[]): string[] {
  return planted.flatMap(({ name, look }) => (formsOf(look).some((form) => bytes.includes(form)) ? [name] : []));
}

/** Every file below a folder that holds a planted secret, as `secret in path`; a link is not followed. */
export function findBelow(folder: string, planted: readonly Planted[]): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry) => {
    if (!entry.isFile()) return [];
    const path = join(entry.parentPath, entry.name);
    return findIn(readFileSync(path), planted).map((name) => `${name} in ${path.slice(folder.length)}`);
  });
}
