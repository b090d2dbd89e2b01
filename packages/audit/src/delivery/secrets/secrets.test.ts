import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DeliveryError } from "../domain/errors.ts";
import { readSecret, readText } from "./secrets.ts";

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sark-secret-"));
  file = join(folder, "token");
  writeFileSync(file, "first\n");
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("a secret in a file", () => {
  it("is in use as soon as it is replaced, so that who resumes a delivery need not wait [SIEM-5]", () => {
    const secret = readSecret(`\${file:${file}}`);
    expect(secret.value()).toBe("first");
    writeFileSync(file, "second\n");
    expect(secret.value()).toBe("second");
  });

  it("stays in use while its file is away or empty", () => {
    const secret = readSecret(`\${file:${file}}`);
    writeFileSync(file, "");
    expect(secret.value()).toBe("first");
    rmSync(file);
    expect(secret.value()).toBe("first");
  });

  it("is masked, as is the one before it, which responses may still repeat", () => {
    const secret = readSecret(`\${file:${file}}`);
    writeFileSync(file, "second");
    secret.value();
    expect(secret.mask("no first, no second")).toBe("no [secret], no [secret]");
  });

  it("is masked once, also where the mask contains it", () => {
    writeFileSync(file, "t");
    const secret = readSecret(`\${file:${file}}`);
    expect(secret.mask("a t, and a t")).toBe("a [secret], and a [secret]");
  });

  it.each([
    ["${NOWHERE}", "NOWHERE"],
    ["${file:/nowhere/token}", "/nowhere/token"],
  ])("%s that is missing is an error naming it", (reference, named) => {
    expect(() => readSecret(reference, {})).toThrow(DeliveryError);
    expect(() => readSecret(reference, {})).toThrow(named);
  });
});

it("a pipe that no program writes, a folder, a device and a file too large are no certificates, which shows at once", () => {
  const pipe = join(folder, "pipe");
  execFileSync("mkfifo", [pipe]);
  truncateSync(file, 16 * 1024 * 1024 + 1);
  for (const path of [file, folder, pipe, "/dev/zero"]) {
    expect(() => readText(path, "file_unreadable")).toThrow(
      expect.objectContaining({ code: "file_unreadable", message: `The file ${path} cannot be read.` }),
    );
  }
});
