import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { gatewayAdminTool, runCaptured } from "@sark/operations/testing";
import { expect } from "vitest";
import { ROOT } from "./programs/programs.ts";

/** What a command ended with, and what it printed. */
export interface CommandResult {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Of the gateway that a command is for, and of who gives it. */
export interface Commanded {
  readonly url: string;
  readonly apiKey: string;
}

export function adminCommand(gateway: Commanded, ...args: string[]): Promise<CommandResult> {
  return runTool(gatewayAdminTool, gateway, ...args);
}

/** Runs a tool in this process: to start one takes far longer than the command. It must not print the key. */
export async function runTool(
  tool: Parameters<typeof runCaptured>[0],
  { url, apiKey }: Commanded,
  ...args: string[]
): Promise<CommandResult> {
  const env = { ...process.env, GATEWAY_URL: url, GATEWAY_API_KEY: apiKey } as Record<string, string>;
  const result = await runCaptured(tool, args, { env });
  expect(result.out + result.err).not.toContain(apiKey);
  return result;
}

/** Runs a program with the environment of `gateway-admin`, in the repository. It must not print the key. */
export async function runCommand(
  { url, apiKey }: Commanded,
  program: string,
  ...args: string[]
): Promise<CommandResult> {
  const child = spawn(program, args, {
    cwd: ROOT,
    env: { ...process.env, GATEWAY_URL: url, GATEWAY_API_KEY: apiKey },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [out, err, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "close"),
  ]);
  expect(out + err).not.toContain(apiKey);
  return { code: code as number, out, err };
}
