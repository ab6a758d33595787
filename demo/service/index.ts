export { backoffDelay, type BackoffOptions } from "./backoff";
export { armFault, parseFault, type Fault } from "./fault";
export { createHttpServer, ServiceUnavailableError, type HttpServerOptions } from "./http-server";
export { Lifecycle, type ClosingStep, type LifecycleOptions } from "./lifecycle";
export { createLogger } from "./log";
export { ServiceMetrics, serveMetrics } from "./metrics";
export { readServiceSettings, SettingsError, SettingsReader, type ServiceSettings } from "./settings";
export { startService } from "./start";
