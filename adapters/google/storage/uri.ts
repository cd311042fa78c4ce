import { terminal } from '../../../configs/failure.ts';

/** A place in Cloud Storage. */
export interface GsPlace {
  bucket: string;
  /** Object, prefix or pattern; empty for the whole bucket. */
  name: string;
}

/** Bucket and name of `gs://bucket/name`. @throws TerminalError `BadAddress` */
export function parseGs(uri: string): GsPlace {
  const [, bucket, name = ''] = /^gs:\/\/([a-z0-9][a-z0-9._-]{1,220}[a-z0-9])(?:\/(.*))?$/s.exec(uri) ?? [];
  if (bucket !== undefined && !/[\0\r\n]/.test(name)) return { bucket, name };
  throw terminal('BadAddress', `${JSON.stringify(uri)} is no address in Cloud Storage: expected gs://BUCKET/NAME`);
}

/** The address of an object. */
export const gsUri = ({ bucket, name }: GsPlace): string => `gs://${bucket}/${name}`;
