import { execFileSync } from "node:child_process";
import { closeSync, mkdirSync, mkdtempSync, openSync, readdirSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { withCleanup } from "../cleanup.ts";
import { costOf, type CommandCost } from "../cpu-of-command.ts";
import type { BenchOptions, BenchResult } from "../result.ts";
import { median } from "../statistics.ts";

const MEBIBYTE = 1024 * 1024;
const ROOT = join(import.meta.dirname, "../../..");
const FILE_MEBIBYTES = 128;
const BEGUN = Date.parse("2026-11-16T00:00:00Z");
/** What is written stands for so much time: 10 GiB of a week are 5 MiB in five minutes. */
const WEEK_OF_MEBIBYTES = 10_240;
const WEEK_MS = 7 * 24 * 60 * 60 * 1_000;
const ROUNDS = 5;
/** One line in so many has the word that is looked for. */
const RARE = 1_000;

/**
 * `analyze-logs search` for five minutes out of rotated files, by the index of times beside them: 10 GiB of a week with `--long`, else 1 GiB of
 * 17 hours. First without an index, which reads all and writes one; then by it, with nothing of the files in the page cache: for a word that few lines have, and
 * for all lines, which are printed. Times are of the whole command, its start included.
 */
export function run({ long, progress }: BenchOptions): Promise<BenchResult> {
  return withCleanup(async (defer) => {
    const folder = mkdtempSync(join(tmpdir(), "sark-bench-"));
    defer(() => rmSync(folder, { recursive: true, force: true }));
    const [bundle, logs] = [join(folder, "tools"), join(folder, "logs")];
    execFileSync(process.execPath, [join(ROOT, "scripts/bundle-tools/main.ts"), bundle]);
    mkdirSync(logs);
    const mebibytes = long ? 10_240 : 1_024;
    progress(`writing ${mebibytes} MiB of log lines …`);
    const { lines, ends } = writeLogs(logs, mebibytes);
    const from = BEGUN + Math.floor((ends - BEGUN) / 2);
    const window = [from, from + 5 * 60_000].map((time) => new Date(time).toISOString());
    const tool = `'${process.execPath}' '${join(bundle, "analyze-logs.cjs")}'`;
    const search = (options: string) =>
      `${tool} search --since ${window[0]} --until ${window[1]} --json ${options} '${logs}' 2>/dev/null | wc -l`;
    progress("reading all of it, which writes the index …");
    forget(logs);
    const first = costOf(search("--query needle"));
    progress("by the index …");
    const cold = (options: string) =>
      Array.from({ length: ROUNDS }, () => {
        forget(logs);
        return costOf(search(options));
      });
    const word = cold("--query needle");
    const all = cold("");
    const found = Number(first.output);
    if (found === 0 || word.some(({ output }) => Number(output) !== found)) {
      throw new Error(`found ${found} lines without an index, and others by it`);
    }
    const ms = (costs: readonly CommandCost[], of: "cpu" | "wall") =>
      Math.round(median(costs.map((cost) => cost[of] * 1_000)));
    return {
      name: "log-window",
      ratio: ms(word, "wall") / 100,
      lowerIsBetter: true,
      aim: "a word in five minutes by the index, none of it in the page cache, in under 100 ms",
      met: ms(word, "wall") < 100,
      figures: {
        mebibytes,
        lines,
        first_wall_ms: Math.round(first.wall * 1_000),
        first_gib_per_cpu_second: Math.round((mebibytes / 1_024 / first.cpu) * 1_000) / 1_000,
        word_lines: found,
        word_wall_ms: ms(word, "wall"),
        word_cpu_ms: ms(word, "cpu"),
        all_lines: Number(all[0]?.output),
        all_wall_ms: ms(all, "wall"),
        all_cpu_ms: ms(all, "cpu"),
      },
    };
  });
}

/** Takes the files out of the page cache. The index stays, as after a search that was just made. */
function forget(logs: string): void {
  for (const name of readdirSync(logs).filter((one) => one.endsWith(".jsonl"))) {
    const file = join(logs, name);
    execFileSync("dd", [`of=${file}`, "oflag=nocache", "conv=notrunc,fdatasync", "count=0", "status=none"]);
  }
}

/** Rotated files, named as the logger names them. */
function writeLogs(folder: string, mebibytes: number): { readonly lines: number; readonly ends: number } {
  let [lines, total, time] = [0, 0, BEGUN];
  for (let file = 1; total < mebibytes * MEBIBYTE; file += 1) {
    const stamp = new Date(time).toISOString().replace(/[-:]|\.\d+/g, "");
    const handle = openSync(
      join(folder, `application.${String(file).padStart(16, "0")}.${stamp}.jsonl`),
      "w",
    );
    let bytes = 0;
    while (bytes < FILE_MEBIBYTES * MEBIBYTE) {
      let text = "";
      for (let n = 0; n < 4_096; n += 1, lines += 1) {
        text += line(
          lines,
          BEGUN + ((total + bytes + text.length) / (WEEK_OF_MEBIBYTES * MEBIBYTE)) * WEEK_MS,
        );
      }
      bytes += writeSync(handle, text);
    }
    closeSync(handle);
    total += bytes;
    time = BEGUN + (total / (WEEK_OF_MEBIBYTES * MEBIBYTE)) * WEEK_MS;
  }
  return { lines, ends: time };
}

function line(at: number, time: number): string {
  const id = `00000000-0000-7000-8000-${String(at).padStart(12, "0")}`;
  return `{"level":"info","timestamp":"${new Date(time).toISOString()}","service":"sark-gateway","environment":"production","version":"0.1.0","component":"mcp","correlation_id":"${id}","user":"user-${at % 97}","tool":"search","server":"web","duration_ms":${at % 1_000},"message":"call finished${at % RARE === 0 ? ", needle" : ""}"}\n`;
}
