import { expect, test } from 'vitest';
import { linePage } from '../../../../evaluation/line/page.ts';
import { FORBIDDEN, HOSTILE, inChromium, overflow, paper, provoke, pwned, RUNNING } from '../../../support/chromium.ts';
import { lineOfTexts, sampleLine } from '../../../support/sample-line.ts';

test('a page of ten years stays small and says what it leaves out', () => {
  const html = linePage(sampleLine(520));
  expect(html).toContain('40 of 347 slices and 40 of 521 models are shown: first, last and evenly between');
  expect(html).toContain('480 earlier periods');
  expect(html.match(/<th scope="row"/g)).toHaveLength(40);
  expect(html.length).toBeLessThan(2_000_000);
});

test('the same line gives the same bytes', () => {
  expect(linePage(sampleLine(12))).toBe(linePage(sampleLine(12)));
});

test('a line of which nothing was measured has a page', () => {
  const { periods: _periods, models: _models, slices: _slices, ...rest } = sampleLine(1);
  const empty = { ...rest, periods: [], models: [], slices: [], metric: null, champion: null };
  const html = linePage(empty);
  expect(html).toContain('No period has come to a verdict yet.');
  expect(html).toContain('No model was measured on a slice yet.');
});

inChromium('the page of a line', (open) => {
  test('hostile text runs nothing, asks for nothing and goes nowhere, also when all is opened and clicked', async () => {
    const { page, seen } = await open(linePage(lineOfTexts(HOSTILE)));
    await provoke(page);
    expect(await pwned(page)).toBeUndefined();
    expect(seen).toEqual([]);
    expect(await page.locator(FORBIDDEN).count()).toBe(0);
    await page.close();
  });

  test('the policy would stop what escaping let through', async () => {
    const { page, seen } = await open(linePage(sampleLine()).replace('</body>', () => `${RUNNING}</body>`));
    expect(await pwned(page)).toBeUndefined();
    expect(seen.filter((line) => /^(dialog|popup)/.test(line))).toEqual([]);
    await page.close();
  });

  test.each(['light', 'dark'] as const)('at phone width nothing is wider than the screen, %s', async (colorScheme) => {
    const options = { viewport: { width: 390, height: 844 }, colorScheme };
    for (const line of [sampleLine(1), sampleLine(12), sampleLine(70), lineOfTexts(HOSTILE)]) {
      const { page, seen } = await open(linePage(line), options);
      expect(await overflow(page)).toBeLessThanOrEqual(0);
      expect(seen).toEqual([]);
      await page.close();
    }
  });

  test('the theme follows the system, and paper is white', async () => {
    const { page } = await open(linePage(sampleLine()), { colorScheme: 'dark' });
    expect(await paper(page)).toBe('rgb(18, 22, 28)');
    await page.emulateMedia({ media: 'print' });
    expect(await paper(page)).toBe('rgb(255, 255, 255)');
    await page.close();
  });
});
