import { fileURLToPath } from "node:url";
import type { StdioMisbehaviour } from "./behaviours.ts";

const program = fileURLToPath(new URL("main.ts", import.meta.url));

/** What to start for an MCP server on stdio that misbehaves. `record`: a file for the lines that it reads. */
export function misbehavingStdioCommand(
  behaviour: StdioMisbehaviour,
  record?: string,
): { command: string; args: string[] } {
  const recording = record === undefined ? [] : ["--record", record];
  return { command: process.execPath, args: [program, behaviour, ...recording] };
}
