import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLogger, openLogFiles } from "@sark/observability/logging";
import { expect, it, onTestFinished, vi } from "vitest";

const FOLDER = new URL("../../configs/log-collectors/", import.meta.url);
const PAGE = readFileSync(new URL("../../docs/log-collectors.md", import.meta.url), "utf8");
const CONFIGURATIONS = readdirSync(FOLDER, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map(({ parentPath, name }) => ({
    name: join(parentPath.slice(FOLDER.pathname.length), name),
    text: readFileSync(join(parentPath, name), "utf8"),
  }));

/** The names that its patterns are for; in them `*` stands for anything. */
function patternsIn(text: string): readonly RegExp[] {
  const globs = text.matchAll(/[/](?<glob>[a-z-]+\.\*\.jsonl[^",\s]*)/g);
  return Array.from(globs, ({ groups }) => {
    const escaped = (groups?.["glob"] ?? "").replaceAll(".", String.raw`\.`).replaceAll("*", ".*");
    return new RegExp(`^${escaped}$`);
  });
}

/** Names as the files really get them, compressed ones too. */
async function realNames(): Promise<readonly string[]> {
  const directory = mkdtempSync(join(tmpdir(), "sark-collectors-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const files = openLogFiles({ directory, maxFileBytes: 2_000, compressAfterSeconds: 0 });
  onTestFinished(() => files.close());
  const about = { service: "s", environment: "e", version: "1", level: "info" } as const;
  const logger = createLogger({ ...about, destination: files });
  const security = logger.child({ component: "http", log: "security-audit" });
  for (let n = 0; n < 40; n += 1) {
    logger.error({ n }, "line");
    security.warn({ n }, "line");
  }
  await vi.waitFor(() =>
    expect(readdirSync(directory).filter((name) => name.endsWith(".gz")).length).toBeGreaterThan(6),
  );
  return readdirSync(directory).filter((name) => name.includes(".jsonl"));
}

it("configurations of collectors read every plain log file once, and no compressed one [LOG-3]", async () => {
  const names = await realNames();
  expect(CONFIGURATIONS.map(({ name }) => name).toSorted()).toEqual([
    "alloy/config.alloy",
    "cloudwatch-agent/amazon-cloudwatch-agent.json",
    "fluent-bit/fluent-bit.yaml",
    "vector/vector.yaml",
  ]);
  for (const { name, text } of CONFIGURATIONS) {
    const patterns = patternsIn(text);
    // Into groups of their own, or together: then each line once.
    const logs = name.startsWith("cloudwatch-agent") ? /^(?:app|exc|sec)/ : /^(?:app|sec)/;
    expect([name, names.map((file) => patterns.filter((pattern) => pattern.test(file)).length)]).toEqual([
      name,
      names.map((file) => Number(logs.test(file) && !file.endsWith(".gz"))),
    ]);
    expect(PAGE).toContain(`\`${name}\``);
  }
});
