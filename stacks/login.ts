import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { randomPasswordHash } from "@testbro/components/load-balancer/nginx";

/** User and password that open a page. Secret. */
export type Login = pulumi.Output<{ user: string; password: string }>;

const USER = "admin";

/**
 * A password that is made once.
 * @param name of the resource
 * @returns what the balancer compares it with, and what people are told
 */
export function makeLogin(name: string): { users: Record<string, pulumi.Output<string>>; login: Login } {
  const password = new random.RandomPassword(name, { length: 32, special: false });
  return {
    users: { [USER]: password.result.apply(randomPasswordHash) },
    login: pulumi.secret(password.result.apply((text) => ({ user: USER, password: text }))),
  };
}
