import { Writable } from "node:stream";
import { expect, it } from "vitest";
import { jsonLine } from "../terminal/printable.ts";
import { createProgress } from "../terminal/progress.ts";
import { safeOutput } from "./safe-output.ts";

const HOSTILE = "a\u001b[2J\u001b]0;title\u0007\u009b31m\u202e\u2028b\rc";

function terminal(isTTY: boolean) {
  const written: Buffer[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      written.push(chunk);
      done();
    },
  });
  return {
    stdout: safeOutput(Object.assign(stream, { isTTY })),
    text: () => Buffer.concat(written).toString(),
  };
}

it.each([true, false])(
  "text steers no terminal, now or when a file is shown later (terminal: %s) [CLI-5]",
  (isTTY) => {
    const { stdout, text } = terminal(isTTY);
    stdout.write(`${HOSTILE}\n\u001b[31mred\u001b[0m\tx\r\n`);
    expect(text()).toBe("a [2J ]0;title  31m  b c\n\u001b[31mred\u001b[0m\tx\r\n");
  },
);

it("bytes are data for a file, and text where a terminal shows them [CLI-5]", () => {
  const [file, shown] = [terminal(false), terminal(true)];
  file.stdout.write(Buffer.from(HOSTILE));
  shown.stdout.write(Buffer.from(HOSTILE));
  expect(file.text()).toBe(HOSTILE);
  expect(shown.text()).not.toMatch(/[^\P{Cc}\n]|\p{Cf}/u);
});

it("what a command says of its progress moves the cursor, and its text does not [CLI-5]", () => {
  const { stdout, text } = terminal(true);
  createProgress(stdout).update(`reads ${HOSTILE}`);
  expect(text()).toContain("\r\u001b[2Kreads a [2J");
  expect(text().slice(5)).not.toContain("\u001b");
});

it("JSON is the same JSON with what steers escaped [CLI-5]", () => {
  const { stdout, text } = terminal(true);
  stdout.write(jsonLine({ name: HOSTILE }));
  expect(JSON.parse(text())).toEqual({ name: HOSTILE });
  expect(text()).not.toMatch(/[^\P{Cc}\n]|[\p{Cf}\p{Zl}]/u);
});

it("what the command-line library emphasizes stays whole [CLI-5]", () => {
  const { stdout, text } = terminal(true);
  const emphasized = "\u001b[1m\u001b[31mToo many arguments\u001b[39m\u001b[22m \u001b[4mUSAGE\u001b[24m\n";
  stdout.write(emphasized);
  expect(text()).toBe(emphasized);
});
