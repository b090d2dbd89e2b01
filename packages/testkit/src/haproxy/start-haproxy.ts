import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { freePort } from "@sark/embedded-postgres";
import { wait } from "@sark/observability/waiting";
import { findExecutable } from "../find-executable.ts";

/** A real HAProxy in front of gateways, set up as `docs/draining.md` says: without affinity. */
export interface Haproxy {
  readonly url: string;
  /** Points a server at a port; it takes part as soon as its health check says so. */
  point(server: string, port: number): Promise<void>;
  /** What the balancer thinks of a server. */
  isUp(server: string): Promise<boolean>;
  close(): Promise<void>;
}

/** Ask `requireServer("haproxy")` before. `servers` take part once they are pointed at a port. */
export async function startHaproxy(servers: readonly string[]): Promise<Haproxy> {
  const executable = findExecutable("haproxy", process.env, () => ["/usr/sbin"]);
  if (executable === null) {
    throw new Error("haproxy was not found; ask requireServer('haproxy') before");
  }
  const folder = mkdtempSync(join(tmpdir(), "sark-haproxy-"));
  const admin = join(folder, "admin.sock");
  const { child, port } = await launch(executable, folder, servers);

  /** One command of its runtime API. */
  async function ask(command: string): Promise<string> {
    const socket = connect(admin);
    socket.end(`${command}\n`);
    return text(socket);
  }

  return {
    url: `http://127.0.0.1:${port}`,
    async point(server, to) {
      await ask(`set server gateways/${server} addr 127.0.0.1 port ${to}`);
      await ask(`set server gateways/${server} state ready`);
    },
    async isUp(server) {
      const line = (await ask("show stat")).split("\n").find((row) => row.startsWith(`gateways,${server},`));
      return line?.split(",")[STATUS_COLUMN]?.startsWith("UP") === true;
    },
    async close() {
      child.kill("SIGKILL");
      await exited(child);
      rmSync(folder, { recursive: true });
    },
  };
}

/** Of `show stat`. */
const STATUS_COLUMN = 17;

/** It cannot be asked which port it got; one that another program took in between is tried again. */
async function launch(executable: string, folder: string, servers: readonly string[]) {
  for (;;) {
    const port = await freePort();
    writeFileSync(join(folder, "haproxy.cfg"), configuration(folder, port, servers));
    const child = spawn(executable, ["-db", "-f", join(folder, "haproxy.cfg")], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    let errors = "";
    child.stderr?.on("data", (chunk: Buffer) => (errors = (errors + chunk.toString()).slice(-4_000)));
    while (child.exitCode === null && child.signalCode === null) {
      if (await accepts(port)) {
        return { child, port };
      }
      await wait(10);
    }
    if (!/cannot bind/i.test(errors)) {
      throw new Error(`haproxy ended: ${errors}`);
    }
  }
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

function exited(child: ChildProcess): Promise<unknown> {
  return child.exitCode === null && child.signalCode === null ? once(child, "exit") : Promise.resolve();
}

function configuration(folder: string, port: number, servers: readonly string[]): string {
  return `global
  stats socket ${join(folder, "admin.sock")} mode 600 level admin
  maxconn 500

defaults
  mode http
  timeout connect 10m
  timeout client 10m
  timeout server 10m
  timeout check 10m
  # A replica that drains says 503 before anything is done; another one takes the request.
  option redispatch 1
  retries 3
  retry-on conn-failure 503

frontend clients
  bind 127.0.0.1:${port}
  default_backend gateways

backend gateways
  balance roundrobin
  option http-server-close
  option httpchk
  # Without a name for the host the gateway refuses it.
  http-check send meth GET uri /health/ready ver HTTP/1.1 hdr Host localhost
  http-check expect status 200
  # A busy machine may have all replicas not ready for a moment.
  default-server inter 200ms fall 5 rise 1
${servers.map((name) => `  server ${name} 127.0.0.1:1 check disabled`).join("\n")}
`;
}
