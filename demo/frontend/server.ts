import { join } from "node:path";
import { readServiceSettings, SettingsReader, startService } from "@testbro/demo-service";
import { startFrontend } from "./frontend";

startService(async () => {
  const reader = new SettingsReader(process.env);
  const settings = {
    ...readServiceSettings(reader, { port: 3000 }),
    publicFolder: reader.text("PUBLIC_FOLDER", join(__dirname, "public")),
  };
  reader.finish();
  await startFrontend(settings);
});
