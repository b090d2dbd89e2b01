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

export type ToolName = keyof typeof TOOLS;
export const TOOL_NAMES = Object.keys(TOOLS) as readonly ToolName[];

const PREFIX = "\0tool:";

/** Makes the module that runs a tool, in place of its `main.ts`: no file of CommonJS awaits at its top. */
export function bundledTool(sources: string): Plugin {
  return {
    name: "bundled-tool",
    resolveId: (id) => (id.startsWith(PREFIX) ? id : null),
    load(id) {
      if (!id.startsWith(PREFIX)) {
        return null;
      }
      const name = id.slice(PREFIX.length) as ToolName;
      const path = (file: string) => JSON.stringify(join(sources, file));
      return `import { runTool } from ${path("frame/run-tool.ts")};
import { ${TOOLS[name]} } from ${path(`${name}/tool.ts`)};
void runTool(${TOOLS[name]});`;
    },
  };
}
