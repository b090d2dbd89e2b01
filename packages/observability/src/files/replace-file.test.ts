import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { replaceFile } from "./replace-file.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sark-replace-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

it("leaves the new content alone, for its owner alone, whatever stood there before", async () => {
  const path = join(folder, "file");
  await replaceFile(path, "a long first content");
  chmodSync(path, 0o644);
  await replaceFile(path, "second");
  expect(readFileSync(path, "utf8")).toBe("second");
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readdirSync(folder)).toEqual(["file"]);
});

it("may be called by several at once: one content stands there in the end, whole", async () => {
  const path = join(folder, "file");
  const contents = Array.from({ length: 20 }, (_, at) => String(at).repeat(10_000));
  await Promise.all(contents.map((content) => replaceFile(path, content)));
  expect(contents).toContain(readFileSync(path, "utf8"));
  expect(readdirSync(folder)).toEqual(["file"]);
});

it("leaves no draft behind when it fails", async () => {
  const path = join(folder, "file");
  mkdirSync(join(path, "not empty"), { recursive: true });
  await expect(replaceFile(path, "text")).rejects.toThrow(/EISDIR|ENOTEMPTY|EEXIST|EPERM/);
  expect(readdirSync(folder)).toEqual(["file"]);
});
