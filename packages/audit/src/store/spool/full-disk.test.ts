import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";

it("leaves no file for records that the disk does not take, and goes on when it does [AUD-4]", () => {
  const directory = mkdtempSync(join(tmpdir(), "sark-spool-full-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  // In a process that may write but little to a file: what does not fit is refused as by a disk that is full.
  const program = `
    import { openSpool } from "./spool.ts";
    const spool = openSpool({ directory: process.argv[1] }, () => undefined);
    const results = [];
    for (const size of [1_000_000, 1_000_000, 10, 1_000_000, 10]) {
      const event = { canonical: "x".repeat(size), payloads: [] };
      results.push(await spool.append(event).then(() => "kept", ({ code, cause }) => code + " " + cause.code));
    }
    const { bytes } = spool;
    await spool.close();
    console.log(JSON.stringify({ results, bytes }));`;
  const node = [process.execPath, "--input-type=module", "-e", program, directory];
  const said = execFileSync("sh", ["-c", 'ulimit -f 64; exec "$@"', "sh", ...node], {
    cwd: import.meta.dirname,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  const refused = "spool_failed EFBIG";
  const { results, bytes } = JSON.parse(said) as { results: string[]; bytes: number };
  expect(results).toEqual([refused, refused, "kept", refused, "kept"]);
  expect(bytes).toBeGreaterThan(0);
  expect(readdirSync(directory).filter((name) => name.startsWith("spool-"))).toHaveLength(2);
});
