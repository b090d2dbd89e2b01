import type { Writable } from "node:stream";
import { inert } from "../terminal/printable.ts";
import { steeredBy } from "../terminal/steering.ts";

/**
 * A stream on which nothing that is written steers the terminal, whatever names callers, logs and servers chose. What
 * `terminal/` writes to move the cursor goes beside it. Bytes are data, for a file: they pass as they are, unless a
 * terminal shows them.
 */
export function safeOutput<S extends Writable & { readonly isTTY?: boolean }>(stream: S): S {
  const write = (chunk: string | Uint8Array, ...rest: readonly unknown[]): boolean => {
    const shown = typeof chunk === "string" || stream.isTTY === true;
    const text = typeof chunk === "string" ? chunk : Buffer.from(chunk).toString("utf8");
    return (stream.write as (...args: readonly unknown[]) => boolean)(shown ? inert(text) : chunk, ...rest);
  };
  const safe = new Proxy(stream, {
    get(target, name): unknown {
      if (name === "write") {
        return write;
      }
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
  steeredBy(safe, stream);
  return safe;
}
