import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";

/** The process that builds and signs the transparency log. */
export interface BuilderProcess {
  /** The key that it signs with; known once it runs. */
  readonly verifierKey: string;
  /** What it would not sign, in its words. */
  readonly refusals: readonly string[];
  start(): void;
  kill(): Promise<void>;
}

/** Starts the program, `build-log.ts` or its bundle. */
export function startBuilder(program: string, url: string, folder: string): BuilderProcess {
  const refusals: string[] = [];
  let verifierKey = "";
  let child: ChildProcess;

  function start(): void {
    child = fork(program, [url, folder], { execArgv: [], stdio: ["ignore", "ignore", "inherit", "ipc"] });
    child.on("message", (message: string | { readonly verifierKey: string }) => {
      if (typeof message === "string") {
        refusals.push(message);
      } else {
        ({ verifierKey } = message);
      }
    });
  }

  start();
  return {
    get verifierKey() {
      return verifierKey;
    },
    refusals,
    start,
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) {
        return;
      }
      const exited = once(child, "exit");
      child.kill("SIGKILL");
      await exited;
    },
  };
}
