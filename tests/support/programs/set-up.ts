import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { bundlePrograms } from "./bundle.ts";
import { ROOT } from "./programs.ts";

/** Once per run, and again before a watched run repeats: the programs that the tests of this folder start. */
export async function setup(project: TestProject): Promise<void> {
  const provide = async (): Promise<void> => {
    const files = project.vitest.state.getPaths();
    if (!files.some((file) => file.startsWith(join(ROOT, "tests/")))) {
      return;
    }
    const folder = await bundlePrograms();
    project.provide("bundledPrograms", folder);
    process.env["SARK_TEST_MCP_SERVER"] = join(folder, "mcp-server.mjs");
  };
  await provide();
  project.onTestsRerun(provide);
}
