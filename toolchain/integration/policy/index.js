/* eslint-disable @typescript-eslint/no-require-imports -- CommonJS, as compiled programs are */
"use strict";
const { PolicyPack, validateResourceOfType } = require("@pulumi/policy");
const { RandomPassword } = require("@pulumi/random");

new PolicyPack("toolchain-check", {
  policies: [
    {
      name: "long-passwords",
      description: "Passwords have at least 32 characters.",
      enforcementLevel: "mandatory",
      validateResource: validateResourceOfType(RandomPassword, (password, args, report) => {
        if (password.length < 32) report(`${args.name} has ${password.length} characters`);
      }),
    },
  ],
});
