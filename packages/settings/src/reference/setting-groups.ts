import { z } from "zod";
import type { SettingsDefinition } from "../definition.ts";
import { settings } from "../environment.ts";
import { groupSettings, type SettingGroup } from "./group-settings.ts";
import { listSettings, type JsonSchema } from "./list-settings.ts";

/** Every setting of a service, by section. */
export function settingGroups(definition: SettingsDefinition<z.ZodType>): SettingGroup[] {
  const variables = new Map(settings(definition).map(({ path, variable }) => [path.join("."), variable]));
  const schema = z.toJSONSchema(definition.schema, { io: "input" }) as JsonSchema;
  return groupSettings(listSettings(schema), variables);
}
