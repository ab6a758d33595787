import { readFileSync } from "node:fs";
import { join } from "node:path";
import { renderTraefik, type TraefikOptions, type TraefikRoute } from "@testbro/components/load-balancer/traefik";
import { Offers } from "@testbro/discovery/dist/certificates/offers";
import { withOffered } from "@testbro/discovery/dist/certificates/overlay";
import { asText, type Configuration } from "@testbro/discovery/dist/configuration";
import { AcmeSite, HOST } from "./acme-site";
import { DiscoveryServer } from "./discovery-server";
import { freePorts } from "./nginx";
import { Traefik } from "./traefik";

/** A deployment with ACME behind Traefik: two balancers that get routes and certificates from one discovery, in this process, which follows the service that gets certificates. */
export class TraefikAcmeSite {
  readonly balancers: Traefik[] = [];
  readonly said: string[] = [];
  readonly #discovery = new DiscoveryServer();
  readonly #stop = new AbortController();
  #following: Promise<void> | undefined;

  private constructor(
    readonly site: AcmeSite,
    private readonly routes: TraefikRoute[],
    private readonly port: number,
  ) {}

  static async create(routes: TraefikRoute[]): Promise<TraefikAcmeSite> {
    const [port = 0] = await freePorts(1);
    return new TraefikAcmeSite(await AcmeSite.create(2), routes, port);
  }

  #options(): Omit<TraefikOptions, "tls"> {
    const endpoint = `https://127.0.0.1:${this.port}/configuration`;
    return {
      hosts: [HOST],
      routes: this.routes,
      limits: { perClient: false },
      acme: { to: { host: "127.0.0.1", port: this.site.ports.challenge } },
      source: { endpoint, refresh: 0.5 },
      client: this.#discovery.files,
    };
  }

  /** Starts the discovery, which at once has the own authority's certificate to give, and the balancers. */
  async start(): Promise<void> {
    const { site } = this;
    const file = (name: string) => readFileSync(join(site.folder, "bundle", name), "utf8");
    const own = { certificate: file(`acme-${HOST}.pem`), key: file(`acme-${HOST}.key`) };
    const { dynamicText } = renderTraefik({ ...this.#options(), tls: { certificates: [own] } });
    const configuration = JSON.parse(dynamicText) as Configuration;
    const pair = { certificate: readFileSync(site.pair.certificateFile, "utf8"), key: readFileSync(site.pair.keyFile, "utf8") };
    const offers = new Offers({
      url: `https://localhost:${site.ports.offer}`,
      tls: { cert: pair.certificate, key: pair.key, ca: pair.certificate },
      every: 500,
      say: (line) => this.said.push(line),
    });
    this.#following = offers.run(this.#stop.signal);
    await this.#discovery.start({ configuration: () => asText(withOffered(configuration, offers.pairs)), keys: {} }, this.port);
    for (const ports of site.balancers) {
      this.balancers.push(await Traefik.start({ ...this.#options(), tls: true }, { ports, routes: false }));
    }
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#following;
    await Promise.all(this.balancers.map((traefik) => traefik.stop()));
    await this.#discovery.stop();
    this.#discovery.remove();
    await this.site.close();
  }
}
