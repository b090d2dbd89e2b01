import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

/** A server in a process of its own, so that its CPU time is its own. */
export interface ServerProcess<Ready> {
  readonly ready: Ready;
  readonly pid: number;
  /** User and system CPU seconds so far. */
  cpuSeconds(): Promise<number>;
  /** Bytes of memory that the process holds. */
  residentBytes(): Promise<number>;
  /** A V8 CPU profile (`.cpuprofile`) of the time that `work` takes. */
  profile(work: () => Promise<unknown>): Promise<object>;
  /** What `work` allocates on the heap, in bytes; `null` where garbage was collected meanwhile. The server needs `--expose-gc`. */
  allocated(work: () => Promise<unknown>): Promise<number | null>;
  /** For what the server itself listens to. */
  tell(message: object): void;
  /** The same, and resolves to what the server says next. */
  ask(message: object): Promise<unknown>;
  stop(): Promise<void>;
}

export interface ServerOptions {
  /** Of another checkout of this repository, with all its code. */
  readonly checkout?: string | null;
  /** Of the command line of Node. */
  readonly nodeOptions?: readonly string[];
}

/** Starts `servers/NAME.ts`, hands it `settings`, and resolves with what it reports when it is ready. */
export async function startServer<Ready>(
  name: string,
  settings: object = {},
  { checkout = null, nodeOptions = [] }: ServerOptions = {},
): Promise<ServerProcess<Ready>> {
  const folder = checkout === null ? import.meta.dirname : join(checkout, "bench/src");
  const child = fork(join(folder, "servers", `${name}.ts`), [JSON.stringify(settings)], {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
    execArgv: [...process.execArgv, ...nodeOptions],
  });
  const ask = (request: object | string): Promise<unknown> => {
    child.send(request);
    return message(child);
  };
  const ready = (await message(child)) as Ready;
  return {
    ready,
    pid: child.pid ?? 0,
    cpuSeconds: async () => (await ask("cpu")) as number,
    residentBytes: async () => (await ask("resident")) as number,
    async profile(work) {
      await ask("profile");
      await work();
      return (await ask("profiled")) as object;
    },
    async allocated(work) {
      await ask("heap");
      await work();
      return (await ask("allocated")) as number | null;
    },
    tell: (told) => void child.send(told),
    ask,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) {
        return;
      }
      const exited = once(child, "exit");
      child.send("stop");
      await exited;
    },
  };
}

async function message(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null): void =>
      reject(new Error(`a server under test ended (exit code ${code})`));
    child.once("exit", onExit);
    child.once("message", (value: unknown) => {
      child.off("exit", onExit);
      resolve(value);
    });
  });
}
