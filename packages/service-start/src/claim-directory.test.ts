import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { claimDirectory } from "./claim-directory.ts";

const folder = mkdtempSync(join(tmpdir(), "sark-claim-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it("gives a folder to one at a time, and names the setting that helps", () => {
  const release = claimDirectory(folder, "SETTING");
  expect(() => claimDirectory(folder, "SETTING")).toThrow(
    `Another process uses ${folder}; end it, or set SETTING to another folder.`,
  );
  release();
  claimDirectory(folder, "SETTING")();
});
