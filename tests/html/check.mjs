// Whether pages hold in a browser: nothing is asked of a network, no script complains, they can be read by everyone (axe), in
// light and dark, on paper, on a telephone, with the keyboard alone and without scripts. The folder that PAGES names has
// playwright-core and axe-core; where SHOTS names a folder, pictures go there.
import { createRequire } from "node:module";
import { basename, resolve } from "node:path";
import { existsSync, readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const require = createRequire(pathToFileURL(`${process.env.PAGES}/`));
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const wrong = [];

function hold(file, what, is) {
  if (!is) wrong.push(`${basename(file)}: ${what}`);
}

async function open(browser, file, options) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const own = pathToFileURL(resolve(file)).href;
  page.on("console", (it) => hold(file, `console: ${it.text()}`, !["error", "warning"].includes(it.type())));
  page.on("pageerror", (it) => hold(file, `script: ${it}`, false));
  page.on("dialog", (it) => { hold(file, `dialog: ${it.message()}`, false); it.dismiss(); });
  page.on("request", (it) => hold(file, `asks for ${it.url()}`, it.url() === own));
  await page.goto(own);
  return page;
}

async function shoot(page, file, name) {
  const folder = process.env.SHOTS;
  if (folder) await page.screenshot({ path: `${folder}/${basename(file, ".html")}-${name}.png`, fullPage: true });
}

// Rules for everyone (WCAG 2.1 A and AA) and good practice, with what does not hold.
async function readable(page, file, how) {
  await page.evaluate(axe);
  const found = await page.evaluate(() => globalThis.axe.run());
  for (const it of found.violations) {
    const where = it.nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join("\n    ");
    hold(file, `${how}: ${it.id}: ${it.help}\n    ${where}`, false);
  }
  hold(file, `${how}: only ${found.passes.length} rules could be tried`, found.passes.length > 20);
}

async function sortsAndFilters(page, file) {
  const table = page.locator("table.sortable");
  if ((await table.count()) === 0) return;
  const cells = () => table.locator("tbody tr:visible > :first-child").allTextContents();
  const before = await cells();
  const first = table.locator("thead button").first();
  await first.focus();
  await page.keyboard.press("Enter");
  await page.keyboard.press("Enter");
  const head = table.locator("thead th").first();
  hold(file, "the head does not say how it is sorted", (await head.getAttribute("aria-sort")) === "descending");
  const order = new Intl.Collator("en", { numeric: true });
  const sorted = [...before].sort((a, b) => order.compare(b, a));
  hold(file, "the keyboard does not sort", JSON.stringify(await cells()) === JSON.stringify(sorted));
  const word = before[0].slice(0, 3).toLowerCase();
  const having = (await table.locator("tbody tr").allTextContents()).filter((it) => it.toLowerCase().includes(word)).length;
  await page.getByLabel("Show only rows with").fill(word);
  hold(file, "the filter shows other rows", (await cells()).length === having);
  const told = await page.getByRole("status").textContent();
  hold(file, `the filter says "${told}"`, told === `${having} of ${before.length}`);
  await page.getByLabel("Show only rows with").fill("no row has this");
  hold(file, "the filter hides nothing", (await cells()).length === 0);
}

async function check(browser, file) {
  for (const colorScheme of ["light", "dark"]) {
    const page = await open(browser, file, { colorScheme, viewport: { width: 1200, height: 900 } });
    await shoot(page, file, colorScheme);
    await readable(page, file, colorScheme);
    await sortsAndFilters(page, file);
    await page.context().close();
  }
  const phone = await open(browser, file, { viewport: { width: 360, height: 740 } });
  await shoot(phone, file, "phone");
  await readable(phone, file, "on a telephone");
  const width = await phone.evaluate(() => document.documentElement.scrollWidth);
  hold(file, `is ${width} wide on a telephone that is 360 wide`, width <= 360);
  await phone.context().close();

  const paper = await open(browser, file, { colorScheme: "dark", viewport: { width: 760, height: 1000 } });
  await paper.emulateMedia({ media: "print" });
  hold(file, "the filter is printed", !(await paper.locator(".filter").first().isVisible()));
  const ground = await paper.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  hold(file, `is printed on ${ground}`, ground === "rgb(255, 255, 255)");
  await shoot(paper, file, "print");
  await paper.context().close();

  const plain = await open(browser, file, { javaScriptEnabled: false });
  hold(file, "has no head without scripts", await plain.locator("h1").isVisible());
  hold(file, "has rows that are hidden without scripts", (await plain.locator("tr:not(:visible)").count()) === 0);
  hold(file, "has buttons that do nothing without scripts", (await plain.locator("button, input").count()) === 0);
  hold(file, "has scripts beside its own", (await plain.locator("script").count()) === 1);
  await plain.context().close();
}

const executablePath = ["/usr/bin/chromium", "/usr/bin/google-chrome"].find((it) => existsSync(it));
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
for (const file of process.argv.slice(2)) await check(browser, file);
await browser.close();
if (wrong.length > 0) {
  console.error([...new Set(wrong)].join("\n"));
  process.exit(1);
}
