import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe } from 'vitest';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const executablePath = findChromium();

function findChromium(): string | undefined {
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
export const RUNNING = [
  `<script>${RUNS}</script>`,
  `<img src="http://127.0.0.1:9/x" onerror="${RUNS}"><svg onload="${RUNS}"><a href="javascript:${RUNS}" autofocus>x</a>`,
  `" onfocus="${RUNS}" autofocus tabindex=1 x="' onload='${RUNS}' y='`,
].join('');
/** The same, and the rest: a move to another page among it, is stopped by escaping alone. */
export const HOSTILE = [
  'W'.repeat(60),
  `</title></style></svg>${RUNNING}`,
  `<iframe srcdoc="<script>parent.__pwned=1</script>"></iframe><meta http-equiv="refresh" content="0;url=http://127.0.0.1:9/">`,
  `<base href="http://127.0.0.1:9/"><form action="http://127.0.0.1:9/"><button>x</button></form><link rel=stylesheet href=//127.0.0.1:9/x>`,
  `}*{background:url(http://127.0.0.1:9/y)}/* \u202egnp.exe\u0000\ud800`,
].join('');

/** Opens a page from disk and writes down all that a report must not do. */
export type Open = (
  html: string,
  options?: Parameters<Browser['newPage']>[0],
) => Promise<{ page: Page; seen: string[] }>;

/** Tests with a browser; skipped, with the reason in their name, where there is none. */
export function inChromium(name: string, tests: (open: Open) => void): void {
  const why = executablePath === undefined ? ` (skipped: none of ${NAMES.join(', ')} is on the PATH)` : '';
  describe.skipIf(executablePath === undefined)(`${name} in Chromium${why}`, () => {
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

    tests(async (html, options = {}) => {
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
    });
  });
}

/** What hostile text that ran would have set. */
export const pwned = (page: Page): Promise<unknown> => page.evaluate('window.__pwned');
/** How far the page is wider than the screen. */
export const overflow = (page: Page): Promise<number> =>
  page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
export const paper = (page: Page): Promise<string> =>
  page.evaluate<string>('getComputedStyle(document.body).backgroundColor');

/** Opens what is folded, clicks and tabs through everything. */
export async function provoke(page: Page): Promise<void> {
  await page.evaluate("document.querySelectorAll('details').forEach((part) => (part.open = true))");
  for (const link of await page.locator('a, summary, label').all()) await link.click({ force: true });
  for (let at = 0; at < 40; at += 1) await page.keyboard.press('Tab');
}

/** Elements and attributes that no report has. */
export const FORBIDDEN = 'script, img, iframe, form, base, link, [onerror], [onload], [onfocus]';
