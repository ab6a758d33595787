import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";

/**
 * Characters of a generated password: letters and digits only, so that it needs no quoting in a URL, a file or SQL.
 * 40 of 62 are 238 bits.
 */
const PASSWORD_LENGTH = 40;

/**
 * The password given, or one generated once and kept in the (encrypted) state. Always secret.
 * @param given an existing password; a plain string is turned into a secret
 */
export function passwordOf(name: string, given: pulumi.Input<string> | undefined, parent: pulumi.Resource): pulumi.Output<string> {
  if (given !== undefined) return pulumi.secret(given);
  const generated = new random.RandomPassword(name, { length: PASSWORD_LENGTH, special: false }, { parent });
  return pulumi.secret(generated.result);
}
