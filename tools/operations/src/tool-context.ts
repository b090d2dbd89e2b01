import type { Readable, Writable } from "node:stream";
import type { CommandContext } from "@stricli/core";
import type { Environment, OutputStream } from "./terminal/style.ts";

/** What the commands see of the outside, handed in so that tests can hand in something else. */
export interface ToolContext extends CommandContext {
  readonly process: {
    readonly stdout: Writable & {
      readonly isTTY?: boolean;
      readonly columns?: number;
      readonly rows?: number;
    };
    readonly stderr: Writable & { readonly isTTY?: boolean };
    readonly stdin: Readable & { readonly isTTY?: boolean };
    readonly env: Environment;
    /** The quicker way to write one text, where there is one: to no terminal. Not while the stream may still have something to write. */
    plain?(stream: "stdout" | "stderr"): OutputStream | null;
    /** For commands that go on until they are interrupted: from this call on, an interruption is theirs to end by. */
    interrupted?(): AbortSignal;
    exitCode?: number | string | null;
  };
}
