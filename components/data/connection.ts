import type * as pulumi from "@pulumi/pulumi";
import type { Ref, Secret } from "../workload";

/** How a workload reaches PostgreSQL. TLS is required: the client verifies the server against `caPem`. */
export interface PostgresConnection {
  /** The server; port name `postgres`. */
  ref: Ref;
  /** Database name. */
  database: string;
  /** Role that owns the database. */
  user: string;
  /** The role's password, as a file for the workload. */
  passwordSecret: Secret;
  /** PEM of the authority that signed the server's certificate. Not secret. */
  caPem: pulumi.Output<string>;
}

/** How a workload reaches Redis. TLS is required: the client verifies the server against `caPem`. */
export interface RedisConnection {
  /** The server; port name `redis`. */
  ref: Ref;
  /** User (ACL) of the app. */
  user: string;
  /** The user's password, as a file for the workload. */
  passwordSecret: Secret;
  /** PEM of the authority that signed the server's certificate. Not secret. */
  caPem: pulumi.Output<string>;
}
