import { z } from "zod";
import { settings } from "../environment.ts";
import { configSchema } from "../schema.ts";
import { groupSettings, type SettingGroup } from "./group-settings.ts";
import { listSettings, type JsonSchema } from "./list-settings.ts";

/** Every setting of the configuration, by section. */
export function settingGroups(): SettingGroup[] {
  const variables = new Map(settings().map(({ path, variable }) => [path.join("."), variable]));
  return groupSettings(listSettings(z.toJSONSchema(configSchema, { io: "input" }) as JsonSchema), variables);
}
