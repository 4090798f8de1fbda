// Takes the screenshots of the documentation: the upper part of each page, beside it, as a desk shows it by day.
import { pathToFileURL } from 'node:url';
import { launched } from './browser.mjs';

const [packages, ...files] = process.argv.slice(2);
const browser = await launched(packages);
for (const file of files) {
  const page = await browser.newPage();
  await page.setViewport({ width: 1200, height: 800 });
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'light' }]);
  await page.goto(pathToFileURL(file));
  const height = Math.min(1160, await page.evaluate(() => document.documentElement.scrollHeight));
  await page.setViewport({ width: 1200, height });
  await page.screenshot({ path: file.replace(/html$/, 'png') });
  await page.close();
}
await browser.close();
