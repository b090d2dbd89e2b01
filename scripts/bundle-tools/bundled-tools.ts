import { join } from "node:path";
import type { Plugin } from "rolldown";

/** The tools, and the name under which each exports itself. */
const TOOLS = {
  "analyze-logs": "analyzeLogsTool",
  audit: "auditTool",
  "gateway-admin": "gatewayAdminTool",
  "health-check": "healthCheckTool",
  "query-metrics": "queryMetricsTool",
} as const;

export const TOOL_NAMES = Object.keys(TOOLS) as readonly (keyof typeof TOOLS)[];

/** The module that {@link bundledTools} makes. */
export const ENTRY = "\0tools";

/**
 * Makes the module whose `start` runs the tool of a name, in place of each one's `main.ts`: no file of CommonJS awaits at its
 * top. Its `completions` resolves to the scripts of all shells. One for all, as their tables are in one file anyhow: each file more is a hundredth of a start.
 */
export function bundledTools(sources: string): Plugin {
  const from = (file: string) => `from ${JSON.stringify(join(sources, file))};`;
  const tools = Object.entries(TOOLS);
  return {
    name: "bundled-tools",
    resolveId: (id) => (id === ENTRY ? id : null),
    load: (id) =>
      id === ENTRY
        ? `import { runTool } ${from("frame/run-tool.ts")}
${tools.map(([name, exported]) => `import { ${exported} } ${from(`${name}/tool.ts`)}`).join("\n")}
const tools = { ${tools.map(([name, exported]) => `${JSON.stringify(name)}: ${exported}`).join(", ")} };
export const start = (name, isCurrent) => runTool(tools[name], isCurrent);
export const completions = async () => (await import(${JSON.stringify(join(sources, "completion/script.ts"))})).completionScripts(Object.values(tools));`
        : null,
  };
}
