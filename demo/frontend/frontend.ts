import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fastifyStatic from "@fastify/static";
import {
  armFault,
  createHttpServer,
  createLogger,
  Lifecycle,
  serveMetrics,
  ServiceMetrics,
  SettingsError,
  type ServiceSettings,
} from "@testbro/demo-service";

export interface FrontendSettings extends ServiceSettings {
  /** Folder with `index.html` and `assets/`, as the bundle has it. */
  publicFolder: string;
}

/** Assets carry a hash of their content in their name, so a year (the longest that RFC 9111 caches honour) can do no harm. */
const ASSET_CACHE = "public, max-age=31536000, immutable";
/** The page names the assets, so it is asked for every time; an unchanged one costs a 304. */
const PAGE_CACHE = "no-cache";

/**
 * Puts the frontend together and starts it.
 * @throws Error when a port is taken, SettingsError when the page is not where it should be
 */
export async function startFrontend(settings: FrontendSettings): Promise<Lifecycle> {
  const { version, fault, drainSeconds, publicFolder } = settings;
  if (!existsSync(join(publicFolder, "index.html"))) {
    throw new SettingsError([
      `PUBLIC_FOLDER is "${publicFolder}", which holds no index.html: run \`npm run bundle -w @testbro/demo-frontend\` and start its server.js`,
    ]);
  }
  const logger = createLogger("testbro-frontend", settings);
  const lifecycle = new Lifecycle({ logger, drainSeconds });
  const metrics = new ServiceMetrics("testbro-frontend", version, () => !lifecycle.draining);
  const app = createHttpServer({ logger, metrics, lifecycle, version, fault, notReady: () => [], livenessPath: "/" });
  const page = readFileSync(join(publicFolder, "index.html"));
  // By content: file times are the same in every image, and a page that names new assets may well be as long as the old one.
  const pageTag = `"${createHash("sha256").update(page).digest("base64url").slice(0, 22)}"`;
  app.get("/", (request, reply) => {
    reply.headers({ "cache-control": PAGE_CACHE, etag: pageTag });
    const known = request.headers["if-none-match"]?.split(",").map((tag) => tag.trim().replace(/^W\//, ""));
    return known?.includes(pageTag) ? reply.status(304).send() : reply.type("text/html; charset=utf-8").send(page);
  });
  await app.register(fastifyStatic, {
    root: join(publicFolder, "assets"),
    prefix: "/assets/",
    index: false,
    etag: false,
    lastModified: false,
    cacheControl: false,
    setHeaders: (response) => {
      response.setHeader("cache-control", ASSET_CACHE);
    },
  });
  const metricsServer = await serveMetrics(metrics, settings.metricsPort);
  lifecycle.add({ name: "metrics server", when: "last", run: () => metricsServer.closeAllConnections() });
  await app.listen({ port: settings.port, host: "0.0.0.0" });
  lifecycle.listen();
  armFault(fault, logger);
  return lifecycle;
}
