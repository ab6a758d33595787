import type * as pulumi from "@pulumi/pulumi";
import type { IssuedCertificate } from "../certificates";
import type { Platform } from "../platform";
import type { Ref, Secret } from "../workload";
import { MutualTls } from "./mutual-tls";

/** Both sides' certificate and authority, and the variables of the nginx and acme images that name them. */
const CERTIFICATE = "/etc/nginx/bundle-tls/certificate.pem";
const AUTHORITY = "/etc/nginx/bundle-tls/authority.pem";
const KEY = "/run/secrets/bundle-tls.key";
const ENV = { NGINX_BUNDLE_CERTIFICATE: CERTIFICATE, NGINX_BUNDLE_KEY: KEY, NGINX_BUNDLE_CA: AUTHORITY };

/** Why these certificates live long. */
const SHOWN_TO_THE_BUNDLE = "renewing it replaces the balancer; it is shown to the bundle alone";

/** What one side of the channel needs to take part in it. */
export interface ChannelEnd {
  files: Record<string, pulumi.Input<string>>;
  secrets: Record<string, Secret>;
  env: Record<string, string>;
}

/** One side, as the scripts of the nginx and acme images take it. */
export function channelEnd(issued: IssuedCertificate, authority: pulumi.Input<string>, key: Secret): ChannelEnd {
  return { files: { [CERTIFICATE]: issued.certificatePem, [AUTHORITY]: authority }, secrets: { [KEY]: key }, env: ENV };
}

/** Mutual TLS between a balancer and the services that offer it files, as the image's scripts take it. */
export class Channel {
  readonly #tls: MutualTls;

  constructor(
    private readonly name: string,
    private readonly platform: Platform,
    private readonly parent: pulumi.Resource,
  ) {
    this.#tls = new MutualTls(name, `${name}-bundle-ca`, SHOWN_TO_THE_BUNDLE, parent);
  }

  /** A service that offers files. @param suffix names its certificate */
  server(suffix: string, ref: Ref): ChannelEnd {
    return this.#end(suffix, this.#tls.server(suffix, ref.host));
  }

  /** The balancer, which fetches them. */
  client(balancer: Ref): ChannelEnd {
    return this.#end("bundle-client", this.#tls.client("bundle-client", balancer.fullName));
  }

  #end(suffix: string, issued: IssuedCertificate): ChannelEnd {
    const key = this.platform.secret(`${this.name}-${suffix}-key`, issued.privateKeyPem, { parent: this.parent });
    return channelEnd(issued, this.#tls.authorityPem, key);
  }
}
