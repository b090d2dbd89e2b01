import { execFileSync } from "node:child_process";
import { closeSync, constants, mkdtempSync, openSync, readFileSync, readSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { plainOutput } from "./plain-output.ts";

const folder = mkdtempSync(join(tmpdir(), "sark-plain-"));
afterAll(() => rmSync(folder, { recursive: true }));

const never = () => {
  throw new Error("the stream was used");
};

describe("output without streams [CLI-5]", () => {
  it("goes to a file as it is", () => {
    const file = join(folder, "file");
    const descriptor = openSync(file, "w");
    plainOutput(descriptor, never)?.write("héllo\n");
    closeSync(descriptor);
    expect(readFileSync(file, "utf8")).toBe("héllo\n");
  });

  it("goes to a pipe, and where it is full the stream goes on with the rest, each byte once", () => {
    const pipe = join(folder, "pipe");
    execFileSync("mkfifo", [pipe]);
    const descriptor = openSync(pipe, constants.O_RDWR | constants.O_NONBLOCK);
    const streamed: Uint8Array[] = [];
    // Of three bytes each, so that the pipe is full in the midst of one.
    const text = "–".repeat(50_000);
    plainOutput(descriptor, () => ({ write: (rest) => streamed.push(rest) }))?.write(text);
    const piped = Buffer.alloc(2 * text.length);
    const read = readSync(descriptor, piped);
    closeSync(descriptor);
    expect(streamed).toHaveLength(1);
    expect(Buffer.concat([piped.subarray(0, read), ...streamed]).toString()).toBe(text);
  });

  it("is not there for what is neither, or is closed", () => {
    const device = openSync("/dev/null", "w");
    expect(plainOutput(device, never)).toBeNull();
    closeSync(device);
    expect(plainOutput(device, never)).toBeNull();
  });
});
