#!/usr/bin/env node
import { run } from "@stricli/core";
import { fromLibrary } from "../exit-code.ts";
import { auditApp } from "./app.ts";
import type { AuditContext } from "./context.ts";

// A reader that has seen enough (`| head`) is no fault.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(process.exitCode ?? 0);
  throw error;
});

const { stdout, stderr, stdin, env } = process;
const outside: AuditContext["process"] = { stdout, stderr, stdin, env };
await run(auditApp, process.argv.slice(2), { process: outside });
process.exitCode = fromLibrary(outside.exitCode ?? 0);
