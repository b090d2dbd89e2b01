import { createWriteStream } from "node:fs";
import { finished } from "node:stream/promises";
import type { Writable } from "node:stream";
import { createGzip } from "node:zlib";
import { CommandError, EXIT } from "../exit-code.ts";

/** Where a command writes a file of any size. What cannot be written rejects with a `CommandError`. */
export interface Output {
  write(piece: Buffer): Promise<void>;
  end(): Promise<void>;
}

/** A file, packed when its name ends in `.gz`; standard output without one. */
export function openOutput(file: string | undefined, stdout: Writable): Output {
  if (file === undefined) {
    return { write: (piece) => writeTo(stdout, piece, "standard output"), end: async () => undefined };
  }
  const target = createWriteStream(file, { mode: 0o600 });
  const stream = file.endsWith(".gz") ? createGzip() : target;
  if (stream !== target) {
    stream.pipe(target);
  }
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => undefined);
  target.once("error", (cause) => {
    failed.reject(cannotWrite(file, cause));
  });
  return {
    write: (piece) => Promise.race([writeTo(stream, piece, file), failed.promise]),
    async end() {
      stream.end();
      await Promise.race([finished(target).catch(() => failed.promise), failed.promise]);
    },
  };
}

function writeTo(stream: Writable, piece: Buffer, name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(piece, (error) => (error ? reject(cannotWrite(name, error)) : resolve()));
  });
}

function cannotWrite(name: string, cause: Error): CommandError {
  const { code = cause.message } = cause as NodeJS.ErrnoException;
  return new CommandError(EXIT.unable, `Cannot write ${name} (${code}).`, { cause });
}
