import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { z } from "zod";
import type { upstreamConfigSchema } from "../upstreams/contract/config.ts";
import type { FirstCall } from "./first-call.ts";

/** The two example servers: `everything` over stdio, started per session, and the same over HTTP. */
export interface ExampleUpstreams {
  /** As a configuration file would have them. */
  readonly upstreams: z.input<typeof upstreamConfigSchema>[];
  stop(): Promise<void>;
}

const program = join(
  createRequire(import.meta.url).resolve("@modelcontextprotocol/server-everything/package.json"),
  "../dist/index.js",
);

/** What a newcomer can call first. */
export const EXAMPLE_CALL: FirstCall = {
  server: "everything",
  tool: "echo",
  arguments: { message: "hello" },
};

/** Starts the HTTP example on a free loopback port and waits until it listens. */
export async function startExampleUpstreams(): Promise<ExampleUpstreams> {
  const { PATH, NODE_COMPILE_CACHE } = process.env;
  const child = spawn(
    process.execPath,
    ["--import", import.meta.resolve("./loopback-only.ts"), program, "streamableHttp"],
    { env: { PATH, NODE_COMPILE_CACHE, PORT: "0" }, stdio: ["pipe", "ignore", "pipe"] },
  );
  const port = await listening(child);
  const sensitivity = "low" as const;
  const tools = { "get-env": "critical" as const };
  return {
    upstreams: [
      {
        name: "everything",
        description: "The reference server, over stdio: a process per session",
        transport: "stdio",
        command: process.execPath,
        args: [program, "stdio"],
        sensitivity,
        tools,
      },
      {
        name: "everything-http",
        description: "The reference server, over Streamable HTTP",
        transport: "http",
        url: `http://127.0.0.1:${port}/mcp`,
        sensitivity,
        tools,
      },
    ],
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) {
        return;
      }
      const exited = once(child, "exit");
      child.kill("SIGTERM");
      await exited;
    },
  };
}

/** Resolves to its port. */
async function listening(child: ChildProcess): Promise<number> {
  let text = "";
  return new Promise((resolve, reject) => {
    child.once("exit", (code) =>
      reject(new Error(`The example MCP server ended (exit code ${code}): ${text}`)),
    );
    child.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
      text = (text + chunk).slice(-2_000);
      const port = /^listening on loopback port (\d+)$/m.exec(text)?.[1];
      if (port !== undefined) {
        resolve(Number(port));
      }
    });
  });
}
