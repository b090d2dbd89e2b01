import type { Platform } from "../sinks/registry.ts";

/** Labels of a destination. */
export interface Target {
  readonly destination: string;
  readonly platform: Platform;
}

/** The platform of a sink from outside of this library is not in the list: the recorder makes `other` of it. */
export function targetOf(destination: string, platform: string): Target {
  return { destination, platform: platform as Platform };
}
