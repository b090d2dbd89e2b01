import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { claimDirectory } from "./claim-directory.ts";

const folder = mkdtempSync(join(tmpdir(), "sark-claim-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

// A socket's path is bounded; a folder deeper than that is claimed elsewhere.
it.each(["near", `far/${"x".repeat(120)}`])("gives a folder to one at a time: %s", async (name) => {
  const directory = join(folder, name);
  mkdirSync(directory, { recursive: true });
  const release = await claimDirectory(directory, "SETTING");
  await expect(claimDirectory(directory, "SETTING")).rejects.toThrow(
    `Another gateway uses ${directory}; end it, or set SETTING`,
  );
  await release();
  const again = await claimDirectory(directory, "SETTING");
  await again();
});

it("does not mind what a killed owner left", async () => {
  const directory = join(folder, "left");
  mkdirSync(directory);
  const path = join(directory, "gateway.sock");
  const dead = createServer().listen(path);
  await once(dead, "listening");
  // Closes the socket without removing its file, as the end of a process does.
  (dead as unknown as { _handle: { close(): void } })._handle.close();
  const release = await claimDirectory(directory, "SETTING");
  await expect(claimDirectory(directory, "SETTING")).rejects.toThrow("Another gateway");
  await release();
});
