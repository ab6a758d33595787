import type { Rule } from "../core/rule";
import { argumentsRule } from "./arguments";
import { buildArgumentsRule } from "./build-arguments";
import { environmentReferenceRule } from "./environment-reference";
import { environmentRule } from "./environment";
import { fileModeRule } from "./file-mode";
import { fixedNameRule } from "./fixed-name";
import { labelsRule } from "./labels";
import { openDatabaseRule } from "./open-database";
import { plainConfigRule } from "./plain-config";

/** Keeping secrets secret. */
export const secretsRules: readonly Rule[] = [
  argumentsRule,
  buildArgumentsRule,
  environmentReferenceRule,
  environmentRule,
  fileModeRule,
  fixedNameRule,
  labelsRule,
  openDatabaseRule,
  plainConfigRule,
];
