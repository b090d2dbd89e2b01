import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

/** What becomes of a statement that is held: it goes on; it never arrives; it is done, and its client never hears of it. */
export type Fate = "goes on" | "is lost" | "is done unheard";

/** A TCP proxy in front of a database that can hold the n-th statement of its clients, for others to do something meanwhile. */
export interface StatementGate {
  readonly port: number;
  /** Holds the n-th statement from now on, from 1. */
  holdAt(n: number): Held;
  close(): Promise<void>;
}

export interface Held {
  /** Resolves when the statement is held. */
  readonly reached: Promise<void>;
  /** Lets it go on, or cuts its connection; nothing is held any more. */
  end(fate: Fate): void;
}

export async function startStatementGate(target: string): Promise<StatementGate> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  let armed: { left: number; reached(): void; readonly fate: Promise<Fate> } | null = null;

  /** Resolves to what becomes of the next statement of a client. */
  function pass(): Promise<Fate> | Fate {
    if (armed === null) {
      return "goes on";
    }
    armed.left -= 1;
    if (armed.left !== 0) {
      return "goes on";
    }
    armed.reached();
    return armed.fate;
  }

  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    const pair = [client, upstream] as const;
    let isDeaf = false;
    const cut = (): void => {
      for (const socket of pair) {
        socket.resetAndDestroy();
      }
    };
    for (const socket of pair) {
      sockets.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => {
        sockets.delete(socket);
        for (const other of pair) {
          other.destroy();
        }
      });
    }
    const units = createUnits();
    let passing: Promise<void> = Promise.resolve();
    client.on("data", (chunk: Buffer) => {
      for (const unit of units.add(chunk)) {
        passing = passing.then(async () => {
          const fate = unit.isStatement ? await pass() : "goes on";
          if (fate === "is lost") {
            cut();
            return;
          }
          isDeaf ||= fate === "is done unheard";
          upstream.write(unit.bytes);
        });
      }
    });
    upstream.on("data", (chunk: Buffer) => {
      if (isDeaf) {
        cut();
      } else {
        client.write(chunk);
      }
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");

  return {
    port: (server.address() as { port: number }).port,
    holdAt(n) {
      const reached = Promise.withResolvers<void>();
      const fate = Promise.withResolvers<Fate>();
      armed = { left: n, reached: reached.resolve, fate: fate.promise };
      return {
        reached: reached.promise,
        end(how) {
          armed = null;
          fate.resolve(how);
        },
      };
    },
    async close() {
      server.close();
      for (const socket of sockets) {
        socket.destroy();
      }
      await once(server, "close");
    },
  };
}

interface Unit {
  readonly bytes: Buffer;
  /** `BEGIN` and `COMMIT` are some, too; a password is none. */
  readonly isStatement: boolean;
}

/** Ends of what a client sends before it waits for a response: a simple query, or the `Sync` behind an extended one. */
const QUERY = 0x51;
const SYNC = 0x53;

/** Message formats of PostgreSQL's protocol 3: the first has no type, then a byte of type and a length with itself. */
function createUnits(): { add(chunk: Buffer): Unit[] } {
  let left = Buffer.alloc(0);
  let isStarted = false;
  let unit: Buffer[] = [];
  return {
    add(chunk) {
      left = Buffer.concat([left, chunk]);
      const units: Unit[] = [];
      for (;;) {
        const head = isStarted ? 1 : 0;
        const size = left.length < head + 4 ? Infinity : head + left.readUInt32BE(head);
        if (left.length < size) {
          return units;
        }
        const type = isStarted ? left[0] : undefined;
        unit.push(left.subarray(0, size));
        left = left.subarray(size);
        const isStatement = type === QUERY || type === SYNC;
        // Parts of an extended query wait for their end.
        if (isStatement || !isStarted || !/[PBDEHC]/.test(String.fromCharCode(type ?? 0))) {
          units.push({ bytes: Buffer.concat(unit), isStatement });
          unit = [];
        }
        isStarted = true;
      }
    },
  };
}
