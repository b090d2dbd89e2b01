import type { TestProject } from "vitest/node";
import { bundlePrograms } from "./bundle.ts";

/** Once per run, and again before a watched run repeats: the programs that tests start. */
export async function setup(project: TestProject): Promise<void> {
  project.provide("bundledPrograms", await bundlePrograms());
  project.onTestsRerun(async () => project.provide("bundledPrograms", await bundlePrograms()));
}
