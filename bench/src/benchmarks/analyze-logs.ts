import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { withCleanup } from "../cleanup.ts";
import { costOf } from "../cpu-of-command.ts";
import type { BenchOptions, BenchResult } from "../result.ts";
import { median } from "../statistics.ts";

const MEBIBYTE = 1024 * 1024;
const TOOL = join(import.meta.dirname, "../../../tools/operations/src/analyze-logs/main.ts");
const ROUNDS = 3;
/** One line in so many is looked for. */
const RARE = 10_000;

/**
 * `analyze-logs search` for a rare word in JSON lines, against `grep`, `jq` and, where it is installed, `lnav`, in turn. The
 * file is in the page cache after the first reading: what is measured is reading lines, not the disk.
 */
export function run({ long, progress }: BenchOptions): Promise<BenchResult> {
  return withCleanup(async (defer) => {
    const folder = mkdtempSync(join(tmpdir(), "sark-bench-"));
    defer(() => rmSync(folder, { recursive: true, force: true }));
    const file = join(folder, "application.jsonl");
    progress("writing log lines …");
    const lines = writeLines(file, long ? 10_240 : 256);
    const gibibytes = statSync(file).size / MEBIBYTE / 1_024;
    const node = `'${process.execPath}'`;
    const commands: Readonly<Record<string, string>> = {
      analyze_logs: `${node} '${TOOL}' search --query needle --no-index --json '${file}' 2>/dev/null | wc -l`,
      grep: `grep -c needle '${file}'`,
      ...(installed("jq") && { jq: `jq -c 'select(.message | contains("needle"))' '${file}' | wc -l` }),
      ...(installed("lnav") && {
        lnav: `HOME='${folder}' TERM=xterm lnav -n -c ':filter-in needle' '${file}' | wc -l`,
      }),
    };
    const costs: Record<string, number[]> = {};
    for (let round = 1; round <= ROUNDS; round += 1) {
      for (const [name, command] of Object.entries(commands)) {
        if (round > 1 && (name === "jq" || name === "lnav")) {
          // Tens of times slower: once is enough to say so.
          continue;
        }
        progress(`round ${round} of ${ROUNDS}: ${name} …`);
        const { cpu, output } = costOf(command);
        (costs[name] ??= []).push(cpu);
        if (name !== "lnav" && Number(output) !== Math.ceil(lines / RARE)) {
          throw new Error(`${name} found ${output.trim()} of ${Math.ceil(lines / RARE)} lines`);
        }
      }
    }
    const perSecond = Object.fromEntries(
      Object.entries(costs).map(([name, seconds]) => [
        `${name}_gib_per_cpu_second`,
        Math.round((gibibytes / median(seconds)) * 1_000) / 1_000,
      ]),
    );
    const ours = perSecond["analyze_logs_gib_per_cpu_second"] ?? 0;
    return {
      name: "analyze-logs",
      ratio: ours / (perSecond["grep_gib_per_cpu_second"] ?? Number.NaN),
      aim: "at least 0.25 GiB of JSON lines per second and core",
      met: ours >= 0.25,
      figures: { mebibytes: Math.round(gibibytes * 1_024), lines, ...perSecond },
    };
  });
}

function writeLines(file: string, mebibytes: number): number {
  const handle = openSync(file, "w");
  let [bytes, lines] = [0, 0];
  const begun = Date.parse("2026-11-20T00:00:00Z");
  while (bytes < mebibytes * MEBIBYTE) {
    let text = "";
    for (let n = 0; n < 4_096; n += 1, lines += 1) {
      text += `${JSON.stringify({
        level: "info",
        timestamp: new Date(begun + lines).toISOString(),
        service: "sark-gateway",
        environment: "production",
        version: "0.1.0",
        component: "mcp",
        correlation_id: `00000000-0000-7000-8000-${String(lines).padStart(12, "0")}`,
        user: `user-${lines % 97}`,
        tool: "search",
        server: "web",
        duration_ms: lines % 1_000,
        message: lines % RARE === 0 ? "call finished, needle" : "call finished",
      })}\n`;
    }
    bytes += writeSync(handle, text);
  }
  closeSync(handle);
  return lines;
}

function installed(program: string): boolean {
  return spawnSync("which", [program]).status === 0;
}
