// Opens one study in the viewer, as a radiologist would, and checks what stands on the screen.
//   node look.js PLAYWRIGHT BASE-URL STUDY-UID PLAN.json OUTPUT-FOLDER
// The plan is a list of visits:
//   { "name": file name of the screenshot, "open": text of the thumbnail to double-click,
//     "texts": [what must be on the page], "absent": [what must not],
//     "firstScreen": [texts that must lie wholly inside the first screen, in this order, top down],
//     "before": text that must come after all of firstScreen,
//     "answer": text of a button to press once open (a dialogue's), "settleMs": 4000,
//     "minColoured": pixels of the picture that must have a colour (an overlay) }
// Exit code 0: all as planned. Screenshots, visible text and the console's log stay in the folder.
'use strict';
const fs = require('fs');
const path = require('path');

const [playwright, base, studyUid, planFile, out] = process.argv.slice(2);
const { chromium } = require(path.resolve(playwright));
const plan = JSON.parse(fs.readFileSync(planFile, 'utf8'));
const screen = { width: 1920, height: 1080 };
const thumbnails = '[data-cy="study-browser-thumbnail"],[data-cy="study-browser-thumbnail-no-image"]';
const flags = ['--no-sandbox', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--disable-dev-shm-usage', '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader', '--ignore-gpu-blocklist'];

const problems = [];
const complain = (visit, what) => problems.push(`${visit.name}: ${what}`);

async function openStudy(page) {
  await page.goto(`${base}/viewer?StudyInstanceUIDs=${studyUid}`, { waitUntil: 'domcontentloaded' });
  await page.waitForSelector(thumbnails, { timeout: 180000 });
  // The list grows while the study loads.
  let n = -1;
  for (let now = await page.locator(thumbnails).count(); now !== n; now = await page.locator(thumbnails).count()) {
    n = now;
    await page.waitForTimeout(3000);
  }
  for (const skip of await page.locator('text=Skip all').all()) { await skip.click().catch(() => {}); }
}

async function openSeries(page, visit) {
  const items = page.locator(thumbnails);
  const seen = [];
  for (let i = 0; i < await items.count(); i++) {
    const text = (await items.nth(i).innerText()).replace(/\s+/g, ' ');
    seen.push(text);
    if (!text.includes(visit.open)) { continue; }
    await items.nth(i).scrollIntoViewIfNeeded();
    await items.nth(i).dblclick();
    return;
  }
  complain(visit, `no thumbnail with "${visit.open}" among ${JSON.stringify(seen)}`);
}

// The box of the first place on the page whose text holds `text`, as it is laid out.
async function boxOf(page, text) {
  return page.evaluate((wanted) => {
    const holds = (e) => e.textContent.replace(/\s+/g, ' ').includes(wanted);
    for (const e of document.querySelectorAll('body *')) {
      if (!holds(e) || [...e.children].some(holds)) { continue; }
      const r = e.getBoundingClientRect();
      if (r.width > 0 && r.height > 0) {
        return { left: r.left, top: r.top, right: r.right, bottom: r.bottom };
      }
    }
    return null;
  }, text);
}

async function checkFirstScreen(page, visit) {
  let top = -Infinity;
  for (const text of visit.firstScreen || []) {
    const box = await boxOf(page, text);
    if (!box) { complain(visit, `"${text}" is not on the page`); continue; }
    if (box.left < 0 || box.top < 0 || box.right > screen.width || box.bottom > screen.height) {
      complain(visit, `"${text}" is outside the first screen: ${JSON.stringify(box)}`);
    }
    if (box.top < top) { complain(visit, `"${text}" stands above the item that precedes it`); }
    top = box.top;
  }
  if (visit.before) {
    const box = await boxOf(page, visit.before);
    if (!box) { complain(visit, `"${visit.before}" is not on the page`); }
    else if (box.top <= top) { complain(visit, `"${visit.before}" precedes what must come first`); }
  }
}

async function checkTexts(page, visit, log) {
  const parts = [await page.evaluate(() => document.body.innerText)];
  for (const frame of page.frames().slice(1)) {
    parts.push(await frame.evaluate(() => document.body.innerText).catch(() => ''));
  }
  const text = parts.join('\n').replace(/\s+/g, ' ');
  fs.writeFileSync(path.join(out, `${visit.name}.txt`), `${parts.join('\n')}\n--- console\n${log.join('\n')}\n`);
  for (const t of visit.texts || []) { if (!text.includes(t)) { complain(visit, `"${t}" is not on the screen`); } }
  for (const t of visit.absent || []) { if (text.includes(t)) { complain(visit, `"${t}" is on the screen`); } }
}

// Pixels of the picture's part of the screen that have a colour: images are grey, overlays are not.
async function colouredPixels(page) {
  const picture = { x: 300, y: 130, width: 1560, height: 860 };
  const png = (await page.screenshot({ clip: picture })).toString('base64');
  return page.evaluate(async (data) => {
    const image = new Image();
    image.src = `data:image/png;base64,${data}`;
    await image.decode();
    const c = new OffscreenCanvas(image.width, image.height).getContext('2d');
    c.drawImage(image, 0, 0);
    const d = c.getImageData(0, 0, image.width, image.height).data;
    let n = 0;
    for (let i = 0; i < d.length; i += 4) {
      if (Math.max(d[i], d[i + 1], d[i + 2]) - Math.min(d[i], d[i + 1], d[i + 2]) > 60) { n++; }
    }
    return n;
  }, png);
}

async function visit(page, v, log) {
  log.length = 0;
  await openSeries(page, v);
  if (v.answer) {
    await page.getByText(v.answer, { exact: true }).first().click({ timeout: 30000 })
      .catch(() => complain(v, `no "${v.answer}" to press`));
  }
  await page.waitForTimeout(v.settleMs || 5000);
  await page.screenshot({ path: path.join(out, `${v.name}.png`) });
  await checkTexts(page, v, log);
  await checkFirstScreen(page, v);
  if (v.minColoured) {
    const n = await colouredPixels(page);
    if (n < v.minColoured) { complain(v, `${n} coloured pixels in the picture, expected at least ${v.minColoured}`); }
  }
  for (const line of log) {
    if (/Error Boundary|\[pageerror\]/.test(line)) { complain(v, line); }
  }
}

(async () => {
  fs.mkdirSync(out, { recursive: true });
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM || '/usr/bin/chromium', headless: true, args: flags });
  const page = await (await browser.newContext({ viewport: screen })).newPage();
  const log = [];
  page.on('console', (m) => log.push(`[${m.type()}] ${m.text().slice(0, 400)}`));
  page.on('pageerror', (e) => log.push(`[pageerror] ${String(e.stack || e).slice(0, 1500)}`));
  const study = { name: 'study' };
  try {
    await openStudy(page);
    for (const v of plan) { await visit(page, v, log); }
  } catch (e) {
    complain(study, String(e).slice(0, 600));
    await page.screenshot({ path: path.join(out, 'study.png') }).catch(() => {});
    fs.writeFileSync(path.join(out, 'study.txt'), `${log.join('\n')}\n`);
  }
  await browser.close();
  for (const p of problems) { console.error(p); }
  console.log(`${plan.length} visits, ${problems.length} problems; screenshots in ${out}`);
  process.exit(problems.length === 0 ? 0 : 1);
})().catch((e) => { console.error(e); process.exit(1); });
