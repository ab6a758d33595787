/* eslint-disable @typescript-eslint/no-require-imports -- the language host loads the program by require */
// Registers the resources of the file POLICY_RESOURCES as they are, with the provider versions of the installed SDKs.
const { readFileSync } = require("node:fs");
const pulumi = require("@pulumi/pulumi");

const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const version = (name) => require(`@pulumi/${name}/package.json`).version;

/** Puts a value that is only known after the update in every place the fixture marks as unknown. */
function withUnknowns(value, later) {
  if (value === UNKNOWN) return later;
  if (Array.isArray(value)) return value.map((entry) => withUnknowns(entry, later));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, withUnknowns(entry, later)]));
}

const resources = JSON.parse(readFileSync(process.env.POLICY_RESOURCES, "utf8"));
const later = resources.some(({ props }) => JSON.stringify(props).includes(UNKNOWN))
  ? new pulumi.CustomResource("random:index/randomId:RandomId", "later", { byteLength: 4, hex: undefined }, { version: version("random") })
      .id
  : undefined;
for (const { type, name, props, protect } of resources) {
  const inputs = withUnknowns(props, later);
  if (type.startsWith("pulumi:providers:")) new pulumi.ProviderResource(type.split(":").pop(), name, inputs);
  else if (type.startsWith("testbro:")) new pulumi.ComponentResource(type, name, inputs);
  else new pulumi.CustomResource(type, name, inputs, { protect, version: version(type.split(":")[0]) });
}
