import * as pulumi from "@pulumi/pulumi";
import type { OwnCertificateAuthority } from "../certificates";
import type { Platform } from "../platform";
import type { MetricsTarget, Placement, Ref } from "../workload";
import { PostgresDatabase } from "./postgres";
import type { PostgresOptions } from "./postgres-options";
import { RedisCache } from "./redis";
import type { RedisOptions } from "./redis-options";

/** Options of {@link DataTier}. */
export interface DataTierOptions {
  /** Where it runs. */
  platform: Platform;
  /** Signs both servers' certificates. */
  ca: OwnCertificateAuthority;
  /** Images of the servers, and of the exporters where there is a scraper. */
  images: {
    postgres: pulumi.Input<string>;
    redis: pulumi.Input<string>;
    postgresExporter?: pulumi.Input<string>;
    redisExporter?: pulumi.Input<string>;
  };
  /** Who reads the exporters' metrics; without it there are no exporters. @default none */
  scraper?: Ref;
  /** Where both servers may run. @default anywhere @example { labels: { type: "database" } } */
  placement?: Placement;
  /** More options of the database, laid over what the tier gives. */
  postgres?: Partial<Omit<PostgresOptions, "platform" | "ca">>;
  /** More options of the cache, laid over what the tier gives. */
  redis?: Partial<Omit<RedisOptions, "platform" | "ca">>;
}

/** PostgreSQL and Redis, one instance of each, with their exporters. */
export class DataTier extends pulumi.ComponentResource {
  readonly postgres: PostgresDatabase;
  readonly redis: RedisCache;
  /** What a scraper reads. */
  readonly targets: MetricsTarget[];

  /** @throws pulumi.ResourceError with every problem of one server's options at once */
  constructor(name: string, options: DataTierOptions, opts?: pulumi.ComponentResourceOptions) {
    super("testbro:data:Tier", name, {}, opts);
    const { platform, ca, images, scraper } = options;
    const shared = { platform, ca, ...(options.placement ? { placement: options.placement } : {}) };
    const exporter = (image: pulumi.Input<string> | undefined) => (scraper && image ? { exporter: { image, scraper } } : {});
    this.postgres = new PostgresDatabase(
      `${name}-postgres`,
      { ...shared, image: images.postgres, ...exporter(images.postgresExporter), ...options.postgres },
      { parent: this },
    );
    this.redis = new RedisCache(
      `${name}-redis`,
      { ...shared, image: images.redis, ...exporter(images.redisExporter), ...options.redis },
      { parent: this },
    );
    this.targets = [...this.postgres.targets, ...this.redis.targets];
    this.registerOutputs();
  }
}
