import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { GatewayUnderTest } from "../support/gateway-under-test.ts";
import { ROOT } from "../support/programs/programs.ts";
import { TERMINAL_PICTURES, type TerminalPicture } from "./list.ts";
import { screenOf } from "./screen.ts";
import { terminalSvg } from "./terminal-svg.ts";

const COLUMNS = 100;
const BIN = join(ROOT, "tools/operations/bin");

/** Runs each command on a pseudo-terminal against a gateway, and writes what it shows. @param callId of one of its calls */
export async function drawTerminals(
  gateway: GatewayUnderTest,
  callId: string,
  folder: string,
): Promise<void> {
  // What is of this machine and this run is shown as a reader has it.
  const shown = new Map([
    [new URL(gateway.url).host, "127.0.0.1:8000"],
    [gateway.dataDirectory, ".sark"],
    [`${hostname()}:${process.pid}`, "gateway-1:7"],
  ]);
  for (const picture of TERMINAL_PICTURES) {
    const output = [...shown].reduce(
      (said, [here, there]) => said.replaceAll(here, there),
      await onTerminal(gateway, picture, callId),
    );
    const command = `npx ${picture.program} ${picture.arguments.replace("ID", callId)}`.trim();
    writeFileSync(
      join(folder, `${picture.name}.svg`),
      terminalSvg(command, screenOf(output, COLUMNS), COLUMNS),
    );
  }
}

/** `script` of util-linux makes the pseudo-terminal. */
async function onTerminal(
  gateway: GatewayUnderTest,
  picture: TerminalPicture,
  callId: string,
): Promise<string> {
  const words = picture.arguments.replace("ID", callId).replace(".sark", gateway.dataDirectory);
  const command = `stty cols ${COLUMNS} rows 50; '${process.execPath}' '${join(BIN, picture.program)}.cjs' ${words}`;
  const child = spawn("script", ["-qec", command, "/dev/null"], {
    stdio: ["ignore", "pipe", "inherit"],
    env: {
      PATH: process.env["PATH"],
      TERM: "xterm-256color",
      GATEWAY_URL: gateway.url,
      GATEWAY_API_KEY: gateway.apiKey,
      DATABASE_URL: gateway.databaseUrl,
      SARK_DATA_DIRECTORY: gateway.dataDirectory,
    },
  });
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, "close")]);
  // 1: something is not well, which is to be seen.
  if (Number(code) > 1) {
    throw new Error(`${command} ended with ${String(code)}: ${output}`);
  }
  return output;
}
