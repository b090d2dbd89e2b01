import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import type { AcceptedEvent } from "../../events/accepted-event.ts";
import { openSpool } from "./spool.ts";

it("keeps room for the outcomes of the calls whose intents have filled the rest [AUD-4]", async () => {
  const directory = mkdtempSync(join(tmpdir(), "sark-spool-full-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const maxBytes = 16_000;
  const spool = openSpool({ directory, maxBytes }, () => undefined);
  onTestFinished(() => spool.close());
  const append = (phase: "intent" | "outcome", length: number) =>
    spool
      .append({ canonical: "x".repeat(length), payloads: [], record: { phase } } as unknown as AcceptedEvent)
      .then(() => "kept", Object);
  const full = { code: "spool_failed", message: expect.stringContaining("full") as string };
  // In one batch, which is taken as far as there is room.
  const intents = await Promise.all(Array.from({ length: 30 }, () => append("intent", 970)));
  expect(intents.filter((result) => result === "kept")).toHaveLength(14);
  expect(intents.at(-1)).toMatchObject(full);
  const mixed = await Promise.all([append("intent", 970), append("outcome", 970), append("intent", 10)]);
  expect(mixed).toEqual([expect.objectContaining(full), "kept", expect.objectContaining(full)]);
  expect(await append("outcome", 2_000)).toMatchObject(full);
  expect(await append("outcome", 100)).toBe("kept");
  expect(spool.bytes).toBeLessThanOrEqual(maxBytes);
  // What looks after it is told so as well, and when there is room again.
  await expect(spool.check()).rejects.toMatchObject(full);
  await spool.remove((await spool.takeOldest())!);
  await spool.check();
});

it("tries the disk at most once in ten seconds while it takes all that is tried [AUD-4]", async () => {
  const directory = mkdtempSync(join(tmpdir(), "sark-spool-full-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const spool = openSpool({ directory }, () => undefined);
  onTestFinished(() => spool.close());
  // The trial is a file: it changes its folder.
  const changed = () => statSync(directory, { bigint: true }).ctimeNs;
  const before = changed();
  await spool.check();
  const tried = changed();
  expect(tried).toBeGreaterThan(before);
  await spool.check();
  expect(changed()).toBe(tried);
});

it("leaves no file for records that the disk does not take, and goes on when it does [AUD-4]", () => {
  const directory = mkdtempSync(join(tmpdir(), "sark-spool-full-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  // In a process that may write but little to a file: what does not fit is refused as by a disk that is full.
  const program = `
    import { openSpool } from "./spool.ts";
    const spool = openSpool({ directory: process.argv[1] }, () => undefined);
    const results = [];
    for (const size of [1_000_000, 1_000_000, 10, 1_000_000, 10]) {
      const event = { canonical: "x".repeat(size), payloads: [], record: { phase: "intent" } };
      results.push(await spool.append(event).then(() => "kept", ({ code, cause }) => code + " " + cause.code));
    }
    const { bytes } = spool;
    results.push(await spool.check().then(() => "well", ({ code, cause }) => code + " " + cause.code));
    await spool.close();
    console.log(JSON.stringify({ results, bytes }));`;
  const node = [process.execPath, "--input-type=module", "-e", program, directory];
  const said = execFileSync("sh", ["-c", 'ulimit -f 16; exec "$@"', "sh", ...node], {
    cwd: import.meta.dirname,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  const refused = "spool_failed EFBIG";
  const { results, bytes } = JSON.parse(said) as { results: string[]; bytes: number };
  expect(results).toEqual([refused, refused, "kept", refused, "kept", refused]);
  expect(bytes).toBeGreaterThan(0);
  expect(readdirSync(directory).filter((name) => name.startsWith("spool-"))).toHaveLength(2);
});
