// Opens pages in Chromium as a person would, on a phone and on a desk, by day and by night, and says what is seen.
import { writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { pathToFileURL } from 'node:url';
import { launched } from './browser.mjs';

const [packages, screenshots, ...files] = process.argv.slice(2);

// What the table of the fleet shows at first, with more, filtered by words, sorted, and sorted the other way round.
async function used(page) {
  const look = () => page.evaluate(() => {
    const models = [...document.querySelectorAll('.fleet tbody tr')].map((row) => row.id);
    const overflow = document.documentElement.scrollWidth - document.documentElement.clientWidth;
    const champions = [...document.querySelectorAll('.fleet tbody tr')].slice(0, 3).map((row) => row.cells[3].innerText);
    return { champions, overflow, rows: models.length, first: models[0], links: document.querySelectorAll('.fleet a').length };
  });
  const type = (words) => page.evaluate((text) => {
    const box = document.getElementById('filter');
    box.value = text;
    box.dispatchEvent(new Event('input'));
  }, words);
  const sort = (column = 0) => page.evaluate((place) => document.querySelectorAll('.fleet th')[place].click(), column);
  const steps = { first: () => {}, more: () => page.evaluate(() => document.getElementById('more').click()),
    filtered: () => type('unknown churn-02'), none: () => type('no such model'),
    champions: async () => { await type(''); await sort(3); },
    up: async () => { await type(''); await sort(); }, down: sort,
    cheap: () => sort(8), dear: () => sort(8) };
  const shown = {};
  for (const [name, step] of Object.entries(steps)) {
    await step();
    shown[name] = await look();
  }
  return shown;
}

const browser = await launched(packages);
const seen = [];
const devices = [['phone', 360, 'light'], ['desk', 1280, 'dark']];
for (const [file, name, width, scheme] of files.flatMap((file) => devices.map((device) => [file, ...device]))) {
  const about = basename(file, '.html');
  const page = await browser.newPage();
  const requests = [], complaints = [];
  page.on('request', (request) => requests.push(request.url()));
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('dialog', (dialog) => { complaints.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
  page.on('console', (message) => complaints.push(message.text()));
  await page.setViewport({ width, height: 800 });
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
  await page.goto(pathToFileURL(file));
  seen.push({ about, name, requests: requests.length, complaints, ...await page.evaluate(() => ({
    title: document.title,
    text: document.body.innerText,
    background: getComputedStyle(document.body).backgroundColor,
    overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    scripts: document.scripts.length,
    images: document.images.length,
    headings: [...document.querySelectorAll('h2')].map((heading) => heading.innerText),
    charts: [...document.querySelectorAll('svg')].map((svg) => svg.querySelectorAll('polyline').length),
    chartWidth: Math.max(0, ...[...document.querySelectorAll('svg')].map((svg) => svg.getBoundingClientRect().width)),
    smallest: Math.min(...[...document.querySelectorAll('td, p, dd')].map((cell) => parseFloat(getComputedStyle(cell).fontSize))),
  })) });
  if (await page.$('#filter')) seen.at(-1).table = await used(page);
  writeFileSync(`${screenshots}/${about}-${name}.png`, await page.screenshot({ fullPage: true }));
  await page.close();
}
await browser.close();
console.log(JSON.stringify(seen));
