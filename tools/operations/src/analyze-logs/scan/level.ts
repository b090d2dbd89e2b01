import { textField, type LogEntry } from "./entry.ts";

/** The levels of lines, the lowest first. */
export const LEVEL_NAMES = ["trace", "debug", "info", "warn", "error", "fatal"] as const;
export type LevelName = (typeof LEVEL_NAMES)[number];

/** Whether a line is of a level or above; one that bears no level is of none. */
export function atLeastLevel(entry: LogEntry, level: LevelName): boolean {
  return levelsFrom(level).includes(textField(entry, "level") as LevelName);
}

/** A level and those above it. */
export function levelsFrom(level: LevelName): readonly LevelName[] {
  return LEVEL_NAMES.slice(LEVEL_NAMES.indexOf(level));
}
