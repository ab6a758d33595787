import { readFileSync } from "node:fs";
import { chromium, type Browser, type Page } from "playwright-core";

/**
 * A real browser.
 * @param executablePath of Chromium or Chrome; undefined, as the result is then, where there is none
 */
export async function openBrowser(executablePath: string | undefined): Promise<Browser | undefined> {
  if (!executablePath) return undefined;
  return chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"] });
}

interface Violation {
  id: string;
  impact: string | null;
  nodes: { html: string }[];
}

/** What axe-core objects to on a page, a line each. */
export async function accessibilityProblems(page: Page): Promise<string[]> {
  // A page's own policy may allow no script but its own, so the checker is brought in from outside of it.
  const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
  const violations = (await page.evaluate(
    `(() => { const module = undefined; ${axe}; return axe.run(document).then(({ violations }) => violations); })()`,
  )) as Violation[];
  return violations.map(({ id, impact, nodes }) => `${impact}: ${id}: ${nodes[0]?.html}`);
}
