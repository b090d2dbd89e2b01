import { join } from "node:path";
import { inject } from "vitest";
import { PROGRAMS, ROOT, TEST_PROGRAMS, type ProgramName, type TestProgramName } from "./programs.ts";

/**
 * What `node` runs for a program of this repository: its bundle, which starts in about half of the processor time, or
 * its sources. Tests of the start itself run the sources; `programs.test.ts` shows that both behave alike.
 */
export function programFile(
  name: ProgramName | TestProgramName,
  form: "bundle" | "sources" = "bundle",
): string {
  return form === "sources"
    ? join(ROOT, { ...PROGRAMS, ...TEST_PROGRAMS }[name])
    : join(inject("bundledPrograms"), `${name}.mjs`);
}
