import { readServiceSettings, SettingsReader, type ServiceSettings } from "@testbro/demo-service";

/** How to reach PostgreSQL. */
export interface DatabaseSettings {
  host: string;
  port: number;
  name: string;
  user: string;
  passwordFile: string | undefined;
  /** CA of the server's certificate. When set, TLS is used and chain and host name are verified. */
  caFile: string | undefined;
}

/** How to reach Redis. */
export interface RedisSettings {
  host: string;
  port: number;
  /** ACL user, used only with a password. */
  user: string;
  passwordFile: string | undefined;
  /** CA of the server's certificate. When set, TLS is used and chain and host name are verified. */
  caFile: string | undefined;
}

export interface BackendSettings extends ServiceSettings {
  database: DatabaseSettings;
  redis: RedisSettings;
}

/**
 * Reads the backend's settings.
 * @throws SettingsError naming every key that is missing or wrong, its value and the fix
 */
export function readSettings(environment: NodeJS.ProcessEnv): BackendSettings {
  const reader = new SettingsReader(environment);
  const settings: BackendSettings = {
    ...readServiceSettings(reader, { port: 3001 }),
    database: {
      host: reader.text("DATABASE_HOST", "127.0.0.1"),
      port: reader.port("DATABASE_PORT", 5432),
      name: reader.text("DATABASE_NAME", "testbro"),
      user: reader.text("DATABASE_USER", "testbro"),
      passwordFile: reader.file("DATABASE_PASSWORD_FILE", "the database user's password"),
      caFile: reader.file("DATABASE_CA_FILE", "the CA certificate of the database in PEM form"),
    },
    redis: {
      host: reader.text("REDIS_HOST", "127.0.0.1"),
      port: reader.port("REDIS_PORT", 6379),
      user: reader.text("REDIS_USER", "testbro"),
      passwordFile: reader.file("REDIS_PASSWORD_FILE", "the Redis user's password"),
      caFile: reader.file("REDIS_CA_FILE", "the CA certificate of Redis in PEM form"),
    },
  };
  reader.finish();
  return settings;
}
