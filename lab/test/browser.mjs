// Debian's Chromium on the built page, for the tests.
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import puppeteer from 'puppeteer-core';

const here = dirname(fileURLToPath(import.meta.url));
export const page_file = resolve(process.env.LAB_PAGE ?? join(here, '../../build/lab/index.html'));
export const engine_folder = resolve(process.env.LAB_ENGINE ?? join(here, '../../build/wasm'));
export const program = resolve(process.env.ROUNDOFF ?? join(here, '../../build/release/roundoff'));
export const browser_program = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find((path) => existsSync(path));

export async function openBrowser() {
  return puppeteer.launch({ executablePath: browser_program, args: ['--no-sandbox', '--disable-gpu', '--force-color-profile=srgb'] });
}

/// The page at a state, from file://, once its engine runs; what its console complains of is kept in `complaints`.
export async function openPage(browser, state = '', { width = 1280, height = 900, dark = false } = {}) {
  const page = await browser.newPage();
  const complaints = [];
  page.on('console', (message) => { if (['error', 'warning'].includes(message.type())) complaints.push(message.text()); });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('request', (request) => { if (!/^(file|blob|data):/.test(request.url())) complaints.push(`asks the network for ${request.url()}`); });
  await page.setViewport({ width, height });
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: dark ? 'dark' : 'light' }, { name: 'prefers-reduced-motion', value: 'reduce' }]);
  await page.goto(pathToFileURL(page_file).href + state);
  await page.waitForSelector('html[data-ready=yes]', { timeout: 20000 });
  return { page, complaints };
}

/// Until the page shows a text in an element.
export async function until(page, selector, pattern, timeout = 15000) {
  await page.waitForFunction((s, source) => new RegExp(source).test(document.querySelector(s)?.textContent ?? ''), { timeout }, selector, pattern.source);
  return page.$eval(selector, (element) => element.textContent);
}
