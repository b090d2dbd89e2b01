import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { followFiles } from "./follow-files.ts";

let folder = "";
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "followed-"))));
afterEach(() => rmSync(folder, { recursive: true }));

function follow(path: string) {
  const notices: (string | null)[] = [];
  const read = () => {
    const text = readFileSync(path, "utf8");
    if (text === "") {
      throw new Error("empty");
    }
    return { text };
  };
  return { files: followFiles([path], read, (problem) => notices.push(problem)), notices };
}

it("reads a file again when it was written, replaced, or is reached by another link", () => {
  // As Kubernetes mounts secrets: a link to a folder that is exchanged.
  for (const name of ["1", "2"]) {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, "token"), name);
  }
  const link = join(folder, "data");
  symlinkSync("1", link);
  const { files, notices } = follow(join(link, "token"));
  const first = files.current();
  expect(files.current()).toBe(first);
  symlinkSync("2", join(folder, "next"));
  renameSync(join(folder, "next"), link);
  expect(files.current().text).toBe("2");
  writeFileSync(join(link, "token"), "3");
  expect(files.current().text).toBe("3");
  expect(notices).toEqual([null, null]);
});

it("keeps what it has while a file cannot be used, and says so once for each change", () => {
  const path = join(folder, "token");
  writeFileSync(path, "1");
  const { files, notices } = follow(path);
  writeFileSync(path, "");
  expect([files.current().text, files.current().text]).toEqual(["1", "1"]);
  rmSync(path);
  expect(files.current().text).toBe("1");
  writeFileSync(path, "2");
  expect(files.current().text).toBe("2");
  expect(notices).toEqual(["empty", expect.stringContaining("ENOENT"), null]);
});

it("throws when the first reading fails", () => {
  expect(() => follow(join(folder, "missing"))).toThrow("ENOENT");
});
