// Chromium as npm installs it; `packages` is the folder of its packages.
import { pathToFileURL } from 'node:url';
import { createRequire } from 'node:module';

export async function launched(packages) {
  const require = createRequire(`${packages}/`);
  const chromium = (await import(pathToFileURL(require.resolve('@sparticuz/chromium')))).default;
  const puppeteer = (await import(pathToFileURL(require.resolve('puppeteer-core')))).default;
  return puppeteer.launch({ args: chromium.args, executablePath: await chromium.executablePath(), headless: 'shell' });
}
