import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { connect } from "node:net";
import { connect as connectTls } from "node:tls";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { waitUntil } from "@sark/observability/waiting";
import { findExecutable } from "../find-executable.ts";
import { killProcess } from "../kill-process.ts";
import { createCertificates } from "../siem/receiver/certificates.ts";
import { stopProcess } from "../stop-process.ts";

export interface RedisOptions {
  readonly password?: string;
  /** Serves TLS alone, with a certificate of `authority`. */
  readonly tls?: boolean;
}

export interface Redis {
  readonly port: number;
  /** PEM of the authority to trust, with `tls`. */
  readonly authority: string | undefined;
  /** Runs one command, as text without spaces in its words, and gives the response as it was sent. */
  command(...words: string[]): Promise<string>;
  /** SIGSTOP: it accepts connections, by its kernel, and responds to nothing until `thaw`. */
  freeze(): void;
  thaw(): void;
  /** SIGKILL; nothing is kept. `restart` starts it again on the same port. */
  kill(): Promise<void>;
  restart(): Promise<void>;
  close(): Promise<void>;
}

const START_TIMEOUT_MS = 20_000;

/** Starts a real Redis on 127.0.0.1 that keeps nothing on the disk. Ask `requireServer("redis-server")` before. */
export async function startRedis(options: RedisOptions = {}): Promise<Redis> {
  const executable = findExecutable("redis-server", process.env);
  if (executable === null) {
    throw new Error("redis-server was not found; ask requireServer('redis-server') before");
  }
  const folder = mkdtempSync(join(tmpdir(), "sark-redis-"));
  const path = (name: string) => join(folder, name);
  const certificates = options.tls === true ? await createCertificates() : undefined;
  if (certificates !== undefined) {
    writeFileSync(path("ca.pem"), certificates.authority);
    writeFileSync(path("cert.pem"), certificates.servers.valid.cert);
    writeFileSync(path("key.pem"), certificates.servers.valid.key);
  }

  function argumentsFor(port: number): string[] {
    const tls = ["--port", "0", "--tls-port", String(port), "--tls-auth-clients", "no"];
    const files = ["--tls-cert-file", path("cert.pem"), "--tls-key-file", path("key.pem")];
    return [
      "--bind",
      "127.0.0.1",
      "--dir",
      folder,
      "--save",
      "",
      "--appendonly",
      "no",
      ...(certificates === undefined ? ["--port", String(port)] : [...tls, ...files]),
      ...(certificates === undefined ? [] : ["--tls-ca-cert-file", path("ca.pem")]),
      ...(options.password === undefined ? [] : ["--requirepass", options.password]),
    ];
  }

  function ask(port: number, words: readonly string[]): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const socket =
      certificates === undefined
        ? connect(port, "127.0.0.1")
        : connectTls({ port, host: "127.0.0.1", ca: certificates.authority });
    const auth = options.password === undefined ? "" : `AUTH ${options.password}\r\n`;
    let text = "";
    socket.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
    socket.once("error", reject);
    socket.once("close", () =>
      resolve(text.replace(/\+OK\r\n$/, "").replace(auth === "" ? "" : "+OK\r\n", "")),
    );
    socket.write(`${auth}${words.join(" ")}\r\nQUIT\r\n`);
    return promise;
  }

  /** `null` when the port was taken by another process meanwhile. */
  async function launch(port: number): Promise<ChildProcess | null> {
    const child = spawn(executable ?? "", argumentsFor(port), { stdio: ["ignore", "pipe", "pipe"] });
    let said = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk: Buffer) => (said = (said + chunk.toString()).slice(-4_000)));
    }
    const responds = () =>
      ask(port, ["PING"]).then(
        (text) => text.includes("PONG"),
        () => false,
      );
    const ready = await waitUntil(async () => child.exitCode !== null || (await responds()), {
      everyMs: 10,
      signal: AbortSignal.timeout(START_TIMEOUT_MS),
    });
    if (child.exitCode !== null && said.includes("Address already in use")) {
      return null;
    }
    if (!ready || child.exitCode !== null) {
      child.kill("SIGKILL");
      throw new Error(`redis-server did not start: ${said}`);
    }
    return child;
  }

  let port = 0;
  let child: ChildProcess | null = null;
  while (child === null) {
    port = await freePort();
    child = await launch(port);
  }

  async function end(): Promise<void> {
    if (child !== null) {
      await killProcess(child);
    }
  }

  return {
    port,
    authority: certificates?.authority,
    command: (...words) => ask(port, words),
    freeze: () => stopProcess(child?.pid ?? 0),
    thaw: () => void child?.kill("SIGCONT"),
    kill: end,
    async restart() {
      await end();
      child = await launch(port);
      if (child === null) {
        throw new Error(`port ${port} was taken while redis-server was away`);
      }
    },
    async close() {
      await end();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, "127.0.0.1"), "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
}
