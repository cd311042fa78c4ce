import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { root } from '../../../scripts/toolchain.js';
import { emptyFolder } from '../support/folder.ts';

/** Made by sacrebleu 2.6.0 and rouge_score 0.1.2 out of texts written for this project. */
const MADE = join(root, 'test', 'unit', 'scripts', 'fixtures', 'text-vectors.json');
const SHARED = join(root, '..', 'shared', 'data', 'metrics-vectors.json');

type Vectors = {
  pairs: Record<string, unknown>[] & { chrf: Record<string, number> }[];
  stats: Record<string, unknown>;
};

function parity(file: string, ...flags: string[]): { status: number | null; stdout: string; stderr: string } {
  const program = join(root, 'scripts', 'parity', 'main.ts');
  return spawnSync(process.execPath, [program, file, ...flags], { encoding: 'utf8' });
}

/** The vectors, changed. */
function changed(change: (vectors: Vectors) => void): string {
  const vectors = JSON.parse(readFileSync(MADE, 'utf8')) as Vectors;
  change(vectors);
  const file = join(emptyFolder(), 'vectors.json');
  writeFileSync(file, JSON.stringify(vectors));
  return file;
}

describe('npm run parity', () => {
  test('finds every figure of the references again', () => {
    const { status, stdout } = parity(MADE, '--json');
    const found = JSON.parse(stdout) as { sections: Record<string, object>; compared: number; equal: number };
    expect(status).toBe(0);
    expect(found.compared).toBeGreaterThan(2000);
    expect(found.equal).toBe(found.compared);
    expect(found.sections['pairs.sentence_bleu.intl']).toMatchObject({ compared: 42, equal: 42 });
    expect(Object.keys(found)).toEqual(['sections', 'compared', 'equal']);
  });

  test('notices one changed digit, and says where', () => {
    const file = changed(({ pairs }) => {
      const { chrf } = pairs[3] as (typeof pairs)[number];
      chrf['chrf'] = (chrf['chrf'] as number) + 1e-10;
    });
    const { status, stdout } = parity(file);
    expect(status).toBe(1);
    expect(stdout).toContain('different: pairs.chrf.chrf: pairs[3].chrf.chrf: expected');
    expect(stdout).toMatch(/total: \d+ compared, \d+ equal$/m);
  });

  test('does not pass over a field that it does not know', () => {
    const file = changed(({ pairs, stats }) => {
      (pairs[0] as Record<string, unknown>)['meteor'] = 0.5;
      stats['anova'] = [{ f: 1 }];
    });
    const { status, stdout } = parity(file);
    expect(status).toBe(1);
    expect(stdout).toContain('unknown: pairs[0].meteor');
    expect(stdout).toContain('anova');
  });

  test('says in a sentence what it cannot read', () => {
    const file = join(emptyFolder(), 'vectors.json');
    expect(parity(file)).toMatchObject({ status: 2, stdout: '' });
    writeFileSync(file, '{');
    expect(parity(file).stderr).toContain('is not JSON');
    writeFileSync(file, '[]');
    expect(parity(file).stderr).toContain('does not have the shape of metrics-vectors.json');
  });

  test('agrees with all of the shared vectors', (context) => {
    context.skip(!existsSync(SHARED), 'the shared vectors are not here');
    const { status, stdout, stderr } = parity(SHARED, '--json');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect((JSON.parse(stdout) as { compared: number }).compared).toBeGreaterThan(10_000);
  });
});
