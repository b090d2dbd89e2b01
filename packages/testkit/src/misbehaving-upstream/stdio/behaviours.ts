import { closeSync, writeSync } from "node:fs";
import { textResult, type Message } from "../proper-response.ts";

export const STDIO_MISBEHAVIOURS = [
  /** Reads the call, and that was it. */
  "never-responds",
  /** Ends before it reads anything. */
  "exits-at-once",
  /** Ends in the middle of a call, with code 3. */
  "exits-mid-call",
  /** Ends in the middle of the response's line. */
  "exits-mid-line",
  /** Writes lines to stdout that are no JSON, before and between its responses. */
  "junk-on-stdout",
  /** Responds to what was not asked, then to what was. */
  "wrong-id",
  "two-responses",
  "invalid-utf8",
  /** Writes megabytes to stderr before it responds: a caller that does not read them waits for ever. */
  "floods-stderr",
  /** Outlives SIGTERM and the end of its stdin. */
  "ignores-sigterm",
  /** Responds in a line of 64 MiB. */
  "enormous-line",
  /** Closes its stdout and goes on living. */
  "closes-stdout",
] as const;
export type StdioMisbehaviour = (typeof STDIO_MISBEHAVIOURS)[number];

export function isStdioMisbehaviour(name: string): name is StdioMisbehaviour {
  return STDIO_MISBEHAVIOURS.some((known) => known === name);
}

export function misbehaveOnStart(behaviour: StdioMisbehaviour): void {
  if (behaviour === "exits-at-once") {
    process.exit(2);
  }
  if (behaviour === "junk-on-stdout") {
    say("Starting up, please wait …");
  }
  if (behaviour === "ignores-sigterm") {
    process.on("SIGTERM", () => {});
    setInterval(() => {}, 1_000);
  }
}

export function misbehaveOnCall(behaviour: StdioMisbehaviour, { id }: Message): void {
  const response = (text: string, to: Message["id"] = id) =>
    JSON.stringify({ jsonrpc: "2.0", id: to, result: textResult(text) });
  switch (behaviour) {
    case "never-responds":
    case "exits-at-once":
      return;
    case "exits-mid-call":
      process.exit(3);
    case "exits-mid-line":
      writeSync(1, response("well").slice(0, -10));
      process.exit(3);
    case "junk-on-stdout":
      say("DEBUG: calling the tool");
      say("{");
      say(response("well done"));
      return;
    case "wrong-id":
      say(response("not for you", "guest-asked"));
      say(response("well done"));
      return;
    case "two-responses":
      say(response("first"));
      say(response("second"));
      return;
    case "invalid-utf8": {
      const [before = "", after = ""] = response("|").split("|");
      process.stdout.write(
        Buffer.concat([Buffer.from(before), Buffer.from([0xc3, 0x28, 0xff]), Buffer.from(`${after}\n`)]),
      );
      return;
    }
    case "floods-stderr":
      process.stderr.write("e".repeat(4 * 2 ** 20), () => say(response("well done")));
      return;
    case "ignores-sigterm":
      say(response("well done"));
      return;
    case "enormous-line":
      say(response("x".repeat(64 * 2 ** 20)));
      return;
    case "closes-stdout":
      // `process.stdout` cannot be closed, its descriptor can.
      closeSync(1);
      setInterval(() => {}, 1_000);
      return;
  }
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
