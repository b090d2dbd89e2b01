import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { reasonDatabase } from "../testing/reason-database.ts";
import { acceptRecord } from "../../events/accept-record.ts";
import type { Left } from "../testing/spool-program.ts";
import { drainSpool } from "./drain.ts";
import { openSpool } from "./spool.ts";

const PROGRAM = join(import.meta.dirname, "../testing/spool-program.ts");

it("keeps what it acknowledged, whichever of its system calls was the last one before a kill or a power cut [AUD-4]", async () => {
  const place = mkdtempSync(join(tmpdir(), "sark-spool-crash-"));
  onTestFinished(() => rmSync(place, { recursive: true, force: true }));
  const said = execFileSync(process.execPath, [PROGRAM, join(place, "spool"), place], {
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const all = JSON.parse(said) as Left[];
  // Each kind of call, and both ends of the process.
  expect(new Set(all.map(({ call }) => call.replace(/^\d+: | \S*$/g, "")))).toEqual(
    new Set(["open", "half of write", "write", "half of append", "append", "synchronise", "remove"]),
  );
  expect(all.filter(({ left }) => left === "killed").length).toBeGreaterThan(40);
  expect(all.at(-1)?.acknowledged).toHaveLength(8);
  const wrong: unknown[] = [];
  for (const left of all) {
    const problems = await restart(left);
    if (problems.length > 0) {
      wrong.push({ call: left.call, left: left.left, problems });
    }
  }
  expect(wrong).toEqual([]);
});

/** Starts on what is left, as the next process does, and tells what is not as it was promised. */
async function restart({ folder, acknowledged, log: before }: Left): Promise<string[]> {
  const log = [...before];
  const write = reasonDatabase(log);
  const spool = openSpool({ directory: folder }, () => undefined);
  const drain = () =>
    drainSpool(spool, {
      write: async (batch) => write(batch),
      onRecorded: () => undefined,
      onQuarantined: () => undefined,
      signal: new AbortController().signal,
    });
  await spool.opened;
  await drain();
  await spool.append(
    acceptRecord({
      event_type: "tool_invoke",
      decision: "allow",
      reason: "9",
      timestamp: 1_795_000_000,
      gateway_request_id: "9",
      phase: "intent",
    }),
  );
  await drain();
  await spool.close();
  const problems: string[] = [];
  const quarantined = readQuarantine(folder);
  for (const reason of [...acknowledged, "9"]) {
    const isKept = reason.startsWith("refused")
      ? quarantined.some((line) => line.includes(reason))
      : log.includes(reason);
    if (!isKept) {
      problems.push(`${reason} is lost`);
    }
  }
  if (log.some((reason, index) => index > 0 && Number(reason) <= Number(log[index - 1]))) {
    problems.push(`the order is ${log.join(", ")}`);
  }
  const files = readdirSync(folder).filter((name) => name.startsWith("spool-"));
  if (files.length > 0) {
    problems.push(`${files.join(", ")} is left`);
  }
  return problems;
}

/** Whole lines; one that was cut off stands alone. */
function readQuarantine(folder: string): string[] {
  const path = join(folder, "quarantine.jsonl");
  if (!existsSync(path)) {
    return [];
  }
  const lines = readFileSync(path, "utf8").split("\n");
  return lines.flatMap((line) => {
    try {
      return line === "" ? [] : [(JSON.parse(line) as { line: string }).line];
    } catch {
      return [];
    }
  });
}
