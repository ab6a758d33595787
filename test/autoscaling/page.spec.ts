import assert from "node:assert/strict";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { accessibilityProblems, openBrowser } from "../browser";
import { ShownPage } from "./page";

describe("the auto-scaler's status page in a real browser", function () {
  this.timeout(240_000);
  let browser: Browser;
  let shown: ShownPage;

  before(async function () {
    const found = await openBrowser(process.env["CHROMIUM"]);
    if (found === undefined) {
      console.log(
        "      skipped: no Chromium here, and none can be installed from here (name one in CHROMIUM; `npm test autoscaling` looks for one)",
      );
      this.skip();
    }
    browser = found;
    shown = await ShownPage.open();
  });

  after(async () => {
    await shown?.close();
    await browser?.close();
  });

  async function open(colorScheme: "light" | "dark"): Promise<{ context: BrowserContext; page: Page; problems: string[] }> {
    const context = await browser.newContext({ colorScheme, viewport: { width: 1100, height: 900 } });
    const page = await context.newPage();
    const problems: string[] = [];
    page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
    page.on("pageerror", (error) => problems.push(error.message));
    page.on("request", (request) => request.url().startsWith(shown.url.slice(0, 20)) || problems.push(`outside: ${request.url()}`));
    await page.goto(shown.url);
    await page.waitForSelector("article svg", { timeout: 60_000 });
    return { context, page, problems };
  }

  for (const colorScheme of ["light", "dark"] as const) {
    it(`has nothing that axe-core objects to (${colorScheme})`, async () => {
      const { context, page, problems } = await open(colorScheme);
      for (const summary of await page.locator("summary").all()) await summary.click();
      assert.deepEqual(await accessibilityProblems(page), []);
      assert.deepEqual(problems, []);
      await context.close();
    });
  }

  it("shows services, their course, why they are as they are, and what keeps it from its work", async () => {
    const { context, page } = await open("light");
    const text = (await page.textContent("main")) ?? "";
    for (const part of ["testbro-backend", "testbro-frontend", "The last 25 minutes", "Prometheus does not answer", "no data"])
      assert.ok(text.includes(part), `${part} in ${text.slice(0, 500)}`);
    assert.match((await page.getAttribute("article svg", "aria-label")) ?? "", /^testbro-backend: \d+ replicas, between 2 and 8$/);
    await context.close();
  });

  it("is used by keyboard: pauses with the token, refuses without, and keeps the focus over a refresh", async () => {
    const { context, page } = await open("light");
    const pause = page.getByRole("button", { name: "Pause 1 hour: scaling of testbro-backend" });
    await pause.focus();
    await page.keyboard.press("Enter");
    await page.getByText("a valid bearer token is needed").waitFor();
    await page.getByLabel("API token").fill("secret");
    await pause.focus();
    await page.keyboard.press("Enter");
    await page.getByText("Done.").waitFor();
    await shown.daemon.cycle();
    await page.waitForSelector('button[aria-label="Resume: scaling of testbro-backend"]', { timeout: 60_000 });
    const summary = page.locator("summary").first();
    await summary.focus();
    await page.keyboard.press("Enter");
    await page.waitForTimeout(6000);
    assert.equal(await page.evaluate("document.activeElement.tagName"), "SUMMARY");
    assert.ok(
      await page
        .locator("details")
        .first()
        .getAttribute("open")
        .then((open) => open !== null),
    );
    await context.close();
  });
});
