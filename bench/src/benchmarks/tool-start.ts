import { join } from "node:path";
import { costOf } from "../cpu-of-command.ts";
import type { BenchOptions, BenchResult } from "../result.ts";
import { median } from "../statistics.ts";

const TOOLS = ["gateway-admin", "query-metrics", "health-check", "analyze-logs", "audit"] as const;
const SOURCES = join(import.meta.dirname, "../../../tools/operations/src");

/** Processor time from the start of each command line to its help, against `node -e 0`, in turn. */
export async function run({ long, progress }: BenchOptions): Promise<BenchResult> {
  const rounds = long ? 40 : 10;
  const node = `'${process.execPath}'`;
  const commands: Readonly<Record<string, string>> = {
    node: `${node} -e 0`,
    ...Object.fromEntries(
      TOOLS.map((tool) => [tool, `${node} '${join(SOURCES, tool, "main.ts")}' --help >/dev/null`]),
    ),
  };
  const costs: Record<string, number[]> = {};
  for (let round = 0; round <= rounds; round += 1) {
    progress(`round ${round} of ${rounds} …`);
    for (const [name, command] of Object.entries(commands)) {
      const { cpu } = costOf(command);
      // The first round compiles what the others find in the cache.
      if (round > 0) {
        (costs[name] ??= []).push(cpu * 1_000);
      }
    }
  }
  const milliseconds = Object.fromEntries(
    Object.entries(costs).map(([name, all]) => [`${name.replaceAll("-", "_")}_cpu_ms`, median(all)]),
  );
  const slowest = Math.max(...TOOLS.map((tool) => median(costs[tool] ?? [])));
  const ratio = slowest / median(costs["node"] ?? []);
  return {
    name: "tool-start",
    ratio,
    lowerIsBetter: true,
    aim: "the slowest starts in less than 1.5 times the processor time of node -e 0",
    met: ratio < 1.5,
    figures: milliseconds,
  };
}
