// A smoke test in Debian's Firefox, driven by WebDriver BiDi.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import puppeteer from 'puppeteer-core';
import { page_file } from './browser.mjs';

const firefox = '/usr/bin/firefox-esr';

test('Firefox: an absorbed addend, and a transformer that adds', async () => {
  assert.ok(existsSync(firefox), 'Firefox is missing: scripts/install-packages --lab installs it');
  const browser = await puppeteer.launch({ browser: 'firefox', executablePath: firefox, headless: true });
  try {
    const page = await browser.newPage();
    const complaints = [];
    page.on('console', (message) => { if (message.type() === 'error') complaints.push(message.text()); });
    page.on('pageerror', (error) => complaints.push(String(error)));
    const shows = async (state, selector, pattern) => {
      await page.goto(pathToFileURL(page_file).href + state);
      await page.waitForFunction((s, source) => new RegExp(source).test(document.querySelector(s)?.textContent ?? ''), { timeout: 20000 }, selector, pattern);
    };
    await shows('#number?format=bfloat16&op=add&x=256&y=1', '.number .sentence', 'absorbed');
    await shows('#transformer', '.transformer .sentence', '^Right');
    assert.deepEqual(complaints, []);
  } finally {
    await browser.close();
  }
});
