import { join } from "node:path";
import { inject } from "vitest";
import { PROGRAMS, ROOT, type ProgramName } from "./programs.ts";

/**
 * What `node` runs for a program of this repository: its bundle, which starts in about half of the processor time, or
 * its sources. Tests of the start itself run the sources; `programs.test.ts` shows that both behave alike.
 */
export function programFile(name: ProgramName, form: "bundle" | "sources" = "bundle"): string {
  return form === "sources" ? join(ROOT, PROGRAMS[name]) : join(inject("bundledPrograms"), `${name}.mjs`);
}
