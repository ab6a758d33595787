import type { Rule } from "../core/rule";
import { databaseBackupRule } from "./database";
import { persistentDataRule } from "./persistent-data";
import { backupScheduleRule } from "./schedule";
import { volumeProtectedRule } from "./volume-protected";

/** Getting data back. */
export const backupRules: readonly Rule[] = [databaseBackupRule, persistentDataRule, backupScheduleRule, volumeProtectedRule];
