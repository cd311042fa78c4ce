import { expect, test } from 'vitest';
import { runReport } from '../../../../evaluation/report/report.ts';
import { FORBIDDEN, HOSTILE, inChromium, overflow, paper, provoke, pwned, RUNNING } from '../../../support/chromium.ts';
import { reportOfTexts, sampleReport } from '../../../support/sample-report.ts';

inChromium('a report', (open) => {
  test('hostile text runs nothing, asks for nothing and goes nowhere, also when all is opened and clicked', async () => {
    const { page, seen } = await open(runReport(reportOfTexts(HOSTILE)));
    await provoke(page);
    expect(await pwned(page)).toBeUndefined();
    expect(seen).toEqual([]);
    expect(await page.locator(FORBIDDEN).count()).toBe(0);
    await page.close();
  });

  test('the policy would stop what escaping let through', async () => {
    const html = runReport(sampleReport()).replace('</body>', () => `${RUNNING}</body>`);
    expect(html).toContain('<script>window.__pwned');
    const { page, seen } = await open(html);
    expect(await pwned(page)).toBeUndefined();
    expect(seen.filter((line) => /^(dialog|popup)/.test(line))).toEqual([]);
    // The console tells what was refused.
    expect(seen.join('\n')).toMatch(/Content Security Policy/);
    await page.close();
  });

  test.each(['light', 'dark'] as const)('at phone width nothing is wider than the screen, %s', async (colorScheme) => {
    const options = { viewport: { width: 390, height: 844 }, colorScheme };
    for (const html of [runReport(sampleReport()), runReport(reportOfTexts(HOSTILE))]) {
      const { page, seen } = await open(html, options);
      await page.evaluate("document.querySelectorAll('details').forEach((part) => (part.open = true))");
      expect(await overflow(page)).toBeLessThanOrEqual(0);
      expect(seen).toEqual([]);
      await page.close();
    }
  });

  test('the theme follows the system, the buttons overrule it, paper is white', async () => {
    const { page } = await open(runReport(sampleReport()), { colorScheme: 'dark' });
    expect(await paper(page)).toBe('rgb(18, 22, 28)');
    await page.getByText('Light', { exact: true }).click();
    expect(await paper(page)).toBe('rgb(255, 255, 255)');
    await page.keyboard.press('ArrowRight');
    expect(await paper(page)).toBe('rgb(18, 22, 28)');
    await page.emulateMedia({ media: 'print' });
    expect(await paper(page)).toBe('rgb(255, 255, 255)');
    expect(await page.locator('fieldset.theme').isVisible()).toBe(false);
    // What is folded on the screen is printed.
    expect(await page.getByText('nrefs:1|case:mixed').isVisible()).toBe(true);
    await page.close();
  });
});
