import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

/** Sends the log files of a folder to a VictoriaLogs, by the script of docs/logging.md, as it stands there. */
export async function intoVictoriaLogs(folder: string, url: string): Promise<void> {
  const page = readFileSync(join(import.meta.dirname, "../../docs/logging.md"), "utf8");
  const script = /```sh\n(for file in [^`]+)```/.exec(page)?.[1];
  if (script?.includes("/insert/jsonline") !== true) {
    throw new Error("docs/logging.md has no script for VictoriaLogs");
  }
  await promisify(execFile)("sh", ["-ec", script], {
    env: { PATH: process.env["PATH"], LOGS: folder, VICTORIA_LOGS: url },
  });
}
