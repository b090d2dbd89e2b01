import { Readable, Writable } from "node:stream";
import { runCommandLine, type Tool } from "../frame/build-tool.ts";
import type { ToolContext } from "../tool-context.ts";

/** What a command said, and its exit code. */
export interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command in this process, on a terminal or not. */
export async function runCaptured(
  tool: Tool,
  args: readonly string[],
  outside: {
    readonly env: Readonly<Record<string, string>>;
    readonly tty?: boolean;
    readonly stdin?: Readable;
    /** Of the terminal. */
    readonly columns?: number;
    readonly rows?: number;
    readonly interrupted?: AbortSignal;
    /** Hears what is written to standard output. */
    heard?(text: string): void;
  },
): Promise<Said> {
  const { env, tty = false, stdin = Readable.from([]), columns, rows } = outside;
  const size = { ...(columns !== undefined && { columns }), ...(rows !== undefined && { rows }) };
  const [stdout, stderr] = [Object.assign(capture(tty, outside.heard), size), capture(tty)];
  const interrupted = outside.interrupted ?? new AbortController().signal;
  const process: ToolContext["process"] = { stdout, stderr, stdin, env, interrupted: () => interrupted };
  const code = await runCommandLine(tool, args, process);
  return { code, out: stdout.text, err: stderr.text };
}

function capture(
  isTTY: boolean,
  heard: (text: string) => void = () => undefined,
): Writable & { text: string; isTTY: boolean } {
  const stream = Object.assign(
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        stream.text += chunk.toString();
        heard(chunk.toString());
        done();
      },
    }),
    { text: "", isTTY },
  );
  return stream;
}
