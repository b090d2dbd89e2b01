import type { z } from "zod";
import type { SettingsDefinition } from "../definition.ts";
import { settingGroups } from "./setting-groups.ts";
import type { GroupedSetting, SettingGroup } from "./group-settings.ts";

/** The text of `--help`: every setting with its variable, its type and its default, from the schema itself. */
export function renderHelp(
  definition: SettingsDefinition<z.ZodType>,
  words: { readonly before: readonly string[]; readonly after: readonly string[] },
): string {
  return [
    ...words.before,
    "Settings come from FILE (JSON) and from environment variables, which win.",
    "Durations are written with their unit (500ms, 30s, 5m, 24h, 90d), sizes too (64KiB, 4MiB, 1GiB).",
    'Secrets are referred to: "${NAME}" is an environment variable, "${file:/path}" a file.',
    "Settings without a variable are given in FILE only. [] stands for each entry of a list, .* for each of a map.",
    "",
    ...settingGroups(definition).flatMap(groupText),
    ...words.after,
    "",
  ].join("\n");
}

function groupText({ path, kind, settings }: SettingGroup): string[] {
  const title = kind === undefined ? path : `${path}, ${kind}`;
  return [...(title === "" ? [] : [title]), ...settings.flatMap(settingText), ""];
}

function settingText({ name, variable, type, fallback, required, text }: GroupedSetting): string[] {
  const otherwise = required ? " Required." : fallback === undefined ? "" : ` Default: ${fallback}.`;
  return [
    `  ${name}${variable === undefined ? "" : `  ${variable}`}  (${type.replaceAll("`", "")})`,
    `      ${text}${otherwise}`.trimEnd(),
  ];
}
