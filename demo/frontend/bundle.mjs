// Bundles the frontend: its server as one file, and the page with fingerprinted assets. No package manager is needed where it runs.
// Usage: node bundle.mjs [FOLDER]; the folder is emptied first and defaults to dist/bundle.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, parse } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { transform } from "esbuild";
import { bundleService, SHARED_INPUTS } from "../service/bundle.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));

/** What the bundle is made of. */
export const inputs = [here, ...SHARED_INPUTS];

/** Source file → name it has for the page, and how it becomes an asset. */
const ASSETS = [
  { source: "page.css", name: "page.css", loader: "css" },
  { source: "page.ts", name: "page.js", loader: "ts" },
  { source: "icon.svg", name: "icon.svg" },
];

/** Writes `server.js` and `public/` into `folder`. Same sources and same dependencies, same bytes. */
export async function bundle(folder) {
  rmSync(folder, { recursive: true, force: true });
  const assets = join(folder, "public", "assets");
  mkdirSync(assets, { recursive: true });
  await bundleService(join(here, "server.ts"), join(folder, "server.js"));
  let page = readFileSync(join(here, "page", "index.html"), "utf8");
  for (const { source, name, loader } of ASSETS) {
    const text = readFileSync(join(here, "page", source), "utf8");
    const content = loader ? (await transform(text, { loader, minify: true, target: "es2022", charset: "utf8" })).code : text;
    const { name: stem, ext } = parse(name);
    const file = `${stem}-${createHash("sha256").update(content).digest("hex").slice(0, 12)}${ext}`;
    writeFileSync(join(assets, file), content);
    page = page.replaceAll(`{{${name}}}`, `/assets/${file}`);
  }
  const missing = /\{\{[^}]*\}\}/.exec(page);
  if (missing) throw new Error(`page/index.html names ${missing[0]}, which is no asset: add it to ASSETS in bundle.mjs`);
  writeFileSync(join(folder, "public", "index.html"), page);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await bundle(process.argv[2] ?? join(here, "dist", "bundle"));
