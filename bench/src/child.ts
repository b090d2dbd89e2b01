import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

/** A server in a process of its own, so that its CPU time is its own. */
export interface ServerProcess<Ready> {
  readonly ready: Ready;
  /** User and system CPU seconds so far. */
  cpuSeconds(): Promise<number>;
  /** For what the server itself listens to. */
  tell(message: object): void;
  /** The same, and resolves to what the server says next. */
  ask(message: object): Promise<unknown>;
  stop(): Promise<void>;
}

/**
 * Starts `servers/NAME.ts`, hands it `settings`, and resolves with what it reports when it is ready. With `checkout` it is
 * that of another checkout of this repository, with all its code.
 */
export async function startServer<Ready>(
  name: string,
  settings: object = {},
  checkout: string | null = null,
): Promise<ServerProcess<Ready>> {
  const folder = checkout === null ? import.meta.dirname : join(checkout, "bench/src");
  const child = fork(join(folder, "servers", `${name}.ts`), [JSON.stringify(settings)], {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const ready = (await message(child)) as Ready;
  return {
    ready,
    async cpuSeconds() {
      child.send("cpu");
      return (await message(child)) as number;
    },
    tell: (told) => void child.send(told),
    async ask(asked) {
      child.send(asked);
      return message(child);
    },
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
