import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { z } from "zod";
import { expandReferences, SecretError } from "./expand.ts";
import { openSecret } from "./open-secret.ts";
import { parseReferences, InvalidReferenceError } from "./references.ts";
import { secretSchema, textWithReferencesSchema } from "./schemas.ts";

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sark-secret-"));
  file = join(folder, "token");
  writeFileSync(file, "first\n");
});
afterEach(() => rmSync(folder, { recursive: true }));

const environment = { TOKEN: " hunter2\n", EMPTY: " " };
const messagesOf = (schema: z.ZodType, value: unknown): string[] =>
  schema.safeParse(value).error?.issues.map(({ message }) => message) ?? [];

describe("references", () => {
  it.each([
    ["${TOKEN}", "hunter2"],
    ["Bearer ${TOKEN}", "Bearer hunter2"],
    ["${TOKEN}:${TOKEN}", "hunter2:hunter2"],
    ["$${TOKEN}", "${TOKEN}"],
    ["$$${TOKEN}", "$${TOKEN}"],
    ["$TOKEN, $, $$, {TOKEN} and }", "$TOKEN, $, $$, {TOKEN} and }"],
    ["", ""],
  ])("%j is %j", (text, expected) => {
    expect(expandReferences(text, environment)).toBe(expected);
  });

  it("are not looked for in what they stand for", () => {
    expect(expandReferences("${A}", { A: "${TOKEN}", TOKEN: "x" })).toBe("${TOKEN}");
  });

  it("are encoded where a text around them needs that", () => {
    const url = { PASSWORD: "a/b@c" };
    expect(expandReferences("postgres://u:${PASSWORD}@h/d", url, encodeURIComponent)).toBe(
      "postgres://u:a%2Fb%40c@h/d",
    );
    expect(expandReferences("${PASSWORD}", url, encodeURIComponent)).toBe("a/b@c");
  });

  it.each([
    ["${env:TOKEN}", 'write "${TOKEN}" instead of "${env:TOKEN}"'],
    ["a ${env:TOKEN} b", 'write "${TOKEN}" instead of "${env:TOKEN}"'],
    ["${TOKEN:-none}", "begins no reference"],
    ["${input:key}", "begins no reference"],
    ["${}", "begins no reference"],
    ["${file:}", "begins no reference"],
    ["${ TOKEN }", "begins no reference"],
    ["${1}", "begins no reference"],
    ["${TOKEN", "begins no reference"],
    ["s3cret${", "begins no reference"],
  ])("%j is none, and the error shows what to write", (text, message) => {
    expect(() => parseReferences(text)).toThrow(InvalidReferenceError);
    expect(() => parseReferences(text)).toThrow(message);
    expect(messagesOf(textWithReferencesSchema(), text)).toEqual([expect.stringContaining(message)]);
    expect(messagesOf(secretSchema(), text)).toEqual([expect.not.stringContaining("s3cret")]);
  });

  it.each([
    ["that is no UTF-8", Buffer.from([0x61, 0xff]), "cannot be read"],
    ["with a NUL", Buffer.from("a\0b"), "holds a NUL character"],
  ])("refuses a file %s, and does not show it", (_what, bytes, message) => {
    writeFileSync(file, bytes);
    expect(() => expandReferences(`\${file:${file}}`, {})).toThrow(`the file ${file} ${message}`);
  });

  it("refuses at once a pipe that no program writes, a folder, a device and a file too large to be a secret", () => {
    const pipe = join(folder, "pipe");
    execFileSync("mkfifo", [pipe]);
    const large = join(folder, "large");
    writeFileSync(large, "x".repeat(64 * 1024 + 1));
    for (const path of [pipe, folder, "/dev/zero", large]) {
      expect(() => expandReferences(`\${file:${path}}`, {})).toThrow(`the file ${path} cannot be read`);
    }
  });

  it.each(["${NOWHERE}", "${EMPTY}", "${file:/nowhere/token}"])(
    "%s that is missing is an error naming it",
    (text) => {
      expect(() => expandReferences(text, environment)).toThrow(SecretError);
      expect(() => expandReferences(text, environment)).toThrow(
        /NOWHERE is not set|EMPTY is not set|\/nowhere\/token cannot be read/,
      );
    },
  );
});

describe("a setting that is a secret", () => {
  it.each(["${TOKEN}", "${file:/run/secrets/token}", "Bearer ${TOKEN}"])("may be %s", (text) => {
    expect(secretSchema().parse(text)).toBe(text);
  });

  it.each([
    ["s3cret", "must not hold the secret itself"],
    ["$${s3cret}", "must not hold the secret itself"],
    ["", "must not hold the secret itself"],
    [{ env: "TOKEN" }, 'write "${TOKEN}" instead of {"env": "TOKEN"}'],
    [{ file: "/a/token" }, 'write "${file:/a/token}" instead of {"file": "/a/token"}'],
    [{ env: "s3cret text" }, "must be text"],
    [{ env: "A", file: "b" }, "must be text"],
    [undefined, 'write "${NAME}" for an environment variable, "${file:/path}" for a file'],
    [null, "must be text"],
    [5, "must be text"],
  ])("is not %j", (value, message) => {
    expect(messagesOf(secretSchema(), value)).toEqual([expect.stringContaining(message)]);
    expect(messagesOf(secretSchema(), value).join("")).not.toContain("s3cret");
  });
});

describe("a secret in a file", () => {
  const open = () => openSecret(`\${file:${file}}`, {});

  it("is in use as soon as it is replaced", () => {
    const secret = open();
    expect(secret.value()).toBe("first");
    writeFileSync(file, "second one\n");
    expect(secret.value()).toBe("second one");
  });

  it("stays in use while its file is missing or empty, which is told", () => {
    const problems: (string | null)[] = [];
    const secret = openSecret(`Bearer \${file:${file}}`, {}, (problem) => problems.push(problem));
    writeFileSync(file, "");
    expect(secret.value()).toBe("Bearer first");
    rmSync(file);
    expect(secret.value()).toBe("Bearer first");
    expect(problems).toEqual([`the file ${file} is empty`, `the file ${file} cannot be read`]);
  });

  it("is masked, as is the one before it, which responses may still repeat", () => {
    const secret = open();
    writeFileSync(file, "second one");
    secret.value();
    expect(secret.mask("no first, no second one")).toBe("no [secret], no [secret]");
  });

  it("is masked once, also where the mask contains it, and where it is the beginning of another", () => {
    writeFileSync(file, "t");
    const secret = open();
    expect(secret.mask("a t, and a t")).toBe("a [secret], and a [secret]");
    writeFileSync(file, "t.*");
    secret.value();
    expect(secret.mask("a t.*")).toBe("a [secret]");
  });

  it("is masked without the text around it", () => {
    const secret = openSecret("Bearer ${TOKEN}", environment);
    expect(secret.value()).toBe("Bearer hunter2");
    expect(secret.mask("token hunter2 is not good")).toBe("token [secret] is not good");
  });
});
