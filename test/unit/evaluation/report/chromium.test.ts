import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runReport } from '../../../../evaluation/report/report.ts';
import { reportOfTexts, sampleReport } from '../../../support/sample-report.ts';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const executablePath = found();

function found(): string | undefined {
  const paths = (process.env['PATH'] ?? '')
    .split(delimiter)
    .flatMap((folder) => NAMES.map((name) => join(folder, name)));
  return paths.find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

const RUNS = 'window.__pwned = (window.__pwned ?? 0) + 1; alert(1)';
/** What a policy in a page can stop. */
const RUNNING = [
  `<script>${RUNS}</script>`,
  `<img src="http://127.0.0.1:9/x" onerror="${RUNS}"><svg onload="${RUNS}"><a href="javascript:${RUNS}" autofocus>x</a>`,
  `" onfocus="${RUNS}" autofocus tabindex=1 x="' onload='${RUNS}' y='`,
].join('');
/** The rest, a move to another page among it, is stopped by escaping alone. */
const HOSTILE = [
  'W'.repeat(60),
  `</title></style></svg>${RUNNING}`,
  `<iframe srcdoc="<script>parent.__pwned=1</script>"></iframe><meta http-equiv="refresh" content="0;url=http://127.0.0.1:9/">`,
  `<base href="http://127.0.0.1:9/"><form action="http://127.0.0.1:9/"><button>x</button></form><link rel=stylesheet href=//127.0.0.1:9/x>`,
  `}*{background:url(http://127.0.0.1:9/y)}/* \u202egnp.exe\u0000\ud800`,
].join('');

describe.skipIf(executablePath === undefined)(
  `a report in Chromium${executablePath === undefined ? ` (skipped: none of ${NAMES.join(', ')} is on the PATH)` : ''}`,
  () => {
    let browser: Browser;
    let folder: string;

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'anneal-report-'));
      // Chromium's sandbox refuses root, which is who runs tests in a container.
      const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
      browser = await chromium.launch({ executablePath: executablePath!, args });
    }, 30_000);

    afterAll(async () => {
      await browser?.close();
      rmSync(folder, { recursive: true, force: true });
    });

    /** Opens a page from disk and writes down all that a report must not do. */
    async function open(
      html: string,
      options: Parameters<Browser['newPage']>[0] = {},
    ): Promise<{ page: Page; seen: string[] }> {
      const file = join(folder, 'report.html');
      writeFileSync(file, html);
      const url = pathToFileURL(file).href;
      const page = await browser.newPage(options);
      const seen: string[] = [];
      page.on('dialog', (dialog) => {
        seen.push(`dialog: ${dialog.message()}`);
        void dialog.dismiss();
      });
      page.on('console', (message) => seen.push(`console: ${message.text()}`));
      page.on('pageerror', (error) => seen.push(`error: ${error.message}`));
      page.on('popup', () => seen.push('popup'));
      page.on('request', (request) => {
        if (request.url() !== url) seen.push(`request: ${request.url()}`);
      });
      await page.goto(url);
      return { page, seen };
    }

    const pwned = (page: Page) => page.evaluate('window.__pwned');
    /** How far the page is wider than the screen. */
    const overflow = (page: Page) => page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
    const paper = (page: Page) => page.evaluate<string>('getComputedStyle(document.body).backgroundColor');

    test('hostile text runs nothing, asks for nothing and goes nowhere, also when all is opened and clicked', async () => {
      const { page, seen } = await open(runReport(reportOfTexts(HOSTILE)));
      await page.evaluate("document.querySelectorAll('details').forEach((part) => (part.open = true))");
      for (const link of await page.locator('a, summary, label').all()) await link.click({ force: true });
      for (let at = 0; at < 40; at += 1) await page.keyboard.press('Tab');
      expect(await pwned(page)).toBeUndefined();
      expect(seen).toEqual([]);
      expect(await page.locator('script, img, iframe, form, base, link, [onerror], [onload], [onfocus]').count()).toBe(
        0,
      );
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

    test.each(['light', 'dark'] as const)(
      'at phone width nothing is wider than the screen, %s',
      async (colorScheme) => {
        const options = { viewport: { width: 390, height: 844 }, colorScheme };
        for (const html of [runReport(sampleReport()), runReport(reportOfTexts(HOSTILE))]) {
          const { page, seen } = await open(html, options);
          await page.evaluate("document.querySelectorAll('details').forEach((part) => (part.open = true))");
          expect(await overflow(page)).toBeLessThanOrEqual(0);
          expect(seen).toEqual([]);
          await page.close();
        }
      },
    );

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
  },
);
