import { startService } from "@testbro/demo-service";
import { startBackend } from "./backend";
import { readSettings } from "./settings";

startService(async () => {
  await startBackend(readSettings(process.env));
});
