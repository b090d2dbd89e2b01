import type { z } from "zod";
import type { SettingsDefinition } from "../definition.ts";
import { settingGroups } from "./setting-groups.ts";
import type { GroupedSetting, SettingGroup } from "./group-settings.ts";

/** A page of all settings, from the schema, behind what a service says of them. */
export function renderSettings(definition: SettingsDefinition<z.ZodType>, introduction: string): string {
  return `${introduction}\n${settingGroups(definition).map(groupTable).join("\n")}`;
}

function groupTable({ path, kind, settings }: SettingGroup): string {
  // A setting of a list or a map has no variable: its column would be empty.
  const withVariables = settings.some(({ variable }) => variable !== undefined);
  const columns = [
    "setting",
    "type",
    "default",
    ...(withVariables ? ["environment variable"] : []),
    "meaning",
  ];
  return [
    headingOf(path, kind),
    "",
    rowOf(columns),
    `|${"---|".repeat(columns.length)}`,
    ...settings.map((setting) => rowOf(cellsOf(setting, withVariables))),
    "",
  ].join("\n");
}

function headingOf(path: string, kind: string | undefined): string {
  if (kind !== undefined) {
    return `#### \`${path}\` of kind \`${kind}\``;
  }
  return path === "" ? "### In no section" : `${/\.\w/.test(path) ? "####" : "###"} \`${path}\``;
}

function cellsOf(
  { name, type, fallback, required, variable, text }: GroupedSetting,
  withVariables: boolean,
): string[] {
  const otherwise = required ? "*required*" : fallback === undefined ? "" : `\`${fallback}\``;
  const variables = withVariables ? [variable === undefined ? "" : `\`${variable}\``] : [];
  return [`\`${name}\``, type, otherwise, ...variables, text];
}

function rowOf(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}
