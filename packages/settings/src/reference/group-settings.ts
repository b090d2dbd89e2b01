import type { SettingRow } from "./list-settings.ts";

/** A setting as its group shows it, with the environment variable that can give it. */
export interface GroupedSetting extends SettingRow {
  /** The path below that of the group. */
  readonly name: string;
  readonly variable: string | undefined;
}

/** The settings of a section, or of one kind of entry. */
export interface SettingGroup {
  /** `http`, `destinations[].sink`; empty for what stands in no section. */
  readonly path: string;
  /** `splunk_hec`; `undefined` for what all kinds have, and where there are none. */
  readonly kind: string | undefined;
  readonly settings: readonly GroupedSetting[];
}

const KIND = /^(.*?)\(([^)]+)\)\.(.+)$/;
const SECTION = /^([^.[]+(?:\[\])?(?:\.\*)?)\.(.+)$/;

/** In the order in which they are first seen. What all kinds of an entry have in common stands once, before them. */
export function groupSettings(
  rows: readonly SettingRow[],
  variables: ReadonlyMap<string, string>,
): SettingGroup[] {
  const placed = rows.map((row) => ({ row, ...placeOf(row.path) }));
  const kinds = new Map<string, Set<string>>();
  for (const { path, kind } of placed) {
    if (kind !== undefined) {
      kinds.set(path, (kinds.get(path) ?? new Set()).add(kind));
    }
  }
  const count = new Map<string, number>();
  const print = ({ row, path, name }: (typeof placed)[number]): string =>
    JSON.stringify([path, name, row.type, row.fallback, row.required, row.text]);
  for (const one of placed) {
    count.set(print(one), (count.get(print(one)) ?? 0) + 1);
  }

  const groups = new Map<string, SettingGroup & { readonly settings: GroupedSetting[] }>();
  for (const one of placed) {
    const { row, path, name } = one;
    const isCommon = one.kind !== undefined && count.get(print(one)) === kinds.get(path)?.size;
    const kind = isCommon ? undefined : one.kind;
    const key = `${path}(${kind ?? ""})`;
    const group = groups.get(key) ?? { path, kind, settings: [] };
    groups.set(key, group);
    if (!group.settings.some((other) => other.name === name)) {
      group.settings.push({ ...row, name, variable: variables.get(row.path) });
    }
  }
  const paths = [...new Set(placed.map(({ path }) => path))];
  return paths.flatMap((path) => {
    const own = [...groups.values()].filter((group) => group.path === path);
    return [...own.filter(({ kind }) => kind === undefined), ...own.filter(({ kind }) => kind !== undefined)];
  });
}

function placeOf(path: string): { path: string; kind: string | undefined; name: string } {
  const [, base, kind, below] = KIND.exec(path) ?? [];
  if (base !== undefined && below !== undefined) {
    return { path: base, kind, name: below };
  }
  const [, section = "", name = path] = SECTION.exec(path) ?? [];
  return { path: section, kind: undefined, name };
}
