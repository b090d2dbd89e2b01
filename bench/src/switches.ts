/** Parts of the telemetry of a gateway under measurement. */
export type Part = "lines" | "metrics" | "traces";

/** Parts that do nothing now. */
let off: ReadonlySet<Part> = new Set();
const listeners: (() => void)[] = [];

export function isOff(part: Part): boolean {
  return off.has(part);
}

/** Leaves out these parts, and no others, from now on. */
export function switchOff(parts: readonly Part[]): void {
  off = new Set(parts);
  for (const listener of listeners) {
    listener();
  }
}

export function onSwitch(listener: () => void): void {
  listeners.push(listener);
}
