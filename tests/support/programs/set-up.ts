import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { bundlePrograms } from "./bundle.ts";

/** Once per run, and again before a watched run repeats: the programs that tests start. */
export async function setup(project: TestProject): Promise<void> {
  const provide = async (): Promise<void> => {
    const folder = await bundlePrograms();
    project.provide("bundledPrograms", folder);
    process.env["SARK_TEST_MCP_SERVER"] = join(folder, "mcp-server.mjs");
  };
  await provide();
  project.onTestsRerun(provide);
}
