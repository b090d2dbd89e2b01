import { once } from "node:events";
import { connect } from "node:net";

/** What a client sends over one connection, and when it is done with it. */
export interface Sent {
  /** Written one after another, each in a segment of its own. */
  readonly pieces: readonly Buffer[];
  /** A whole request with `Connection: close`: its response is waited for, however long that takes. */
  readonly whole: boolean;
}

export interface Received {
  readonly bytes: Buffer;
  /** The client closed its side, or cut a stream, before the gateway had ended the connection. */
  readonly cut: boolean;
}

/** Nothing has come for so long: what was sent is not whole, or the connection is kept for a further request. */
const QUIET_MS = 30;
/** No time limit of the gateway is as long, and no machine as busy. */
const HANGS_MS = 120_000;

/** Sends, and takes what comes until the connection ends. Rejects when it does not. */
export async function exchange(url: string, { pieces, whole }: Sent): Promise<Received> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), noDelay: true, allowHalfOpen: true });
  const chunks: Buffer[] = [];
  let cut = false;
  let quiet: NodeJS.Timeout | undefined;
  let hangs: NodeJS.Timeout | undefined;
  const closed = new Promise<void>((resolve, reject) => {
    socket.once("close", () => resolve());
    hangs = setTimeout(() => reject(new Error("the gateway does not end the connection")), HANGS_MS);
  });
  // It may refuse what it has not read yet.
  socket.on("error", () => undefined);
  socket.once("end", () => socket.end());
  socket.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    quiet?.refresh();
    if (isOpenStream(chunks)) {
      cut = true;
      socket.destroy();
    }
  });
  try {
    await Promise.race([once(socket, "connect"), closed]);
    for (const piece of pieces) {
      if (!socket.writable) {
        break;
      }
      await new Promise((resolve) => socket.write(piece, resolve));
    }
    if (!whole) {
      quiet = setTimeout(() => {
        cut = true;
        socket.end();
      }, QUIET_MS);
    }
    await closed;
  } finally {
    clearTimeout(quiet);
    clearTimeout(hangs);
    socket.destroy();
  }
  return { bytes: Buffer.concat(chunks), cut };
}

/** An event stream that has begun, and may never end. */
function isOpenStream(chunks: readonly Buffer[]): boolean {
  const head = chunks[0]?.toString("latin1", 0, 2_000) ?? "";
  return (
    /^HTTP\/1\.1 200 [^]*?content-type: text\/event-stream/i.test(head) &&
    !/^data: .*"(?:result|error)"/m.test(head)
  );
}
