// node docs/pictures/autoscaler.mjs: makes the pictures of the auto-scaler's status page anew, with the system's Chromium.
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
execFileSync("npx", ["tsc", "-b"], { cwd: root, stdio: "inherit" });
const { openBrowser } = await import("../../test/dist/browser.js");
const { ShownPage } = await import("../../test/dist/autoscaling/page.js");
const { ensureChromium } = await import("../../scripts/test/chromium.mjs");
const browser = await openBrowser(await ensureChromium());
if (!browser) throw new Error("No Chromium here, and none can be installed from here. Name one in CHROMIUM.");
const shown = await ShownPage.open();
for (const colorScheme of ["light", "dark"]) {
  const context = await browser.newContext({ colorScheme, viewport: { width: 1000, height: 1180 } });
  const page = await context.newPage();
  await page.goto(shown.url);
  await page.waitForSelector("article svg", { timeout: 60_000 });
  await page.screenshot({ path: fileURLToPath(new URL(`autoscaler-${colorScheme}.png`, import.meta.url)) });
  await context.close();
}
await shown.close();
await browser.close();
