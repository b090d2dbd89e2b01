import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { wait } from "@sark/observability/waiting";
import { connect as connectTls } from "node:tls";
import { findExecutable } from "../find-executable.ts";
import { killProcess } from "../kill-process.ts";
import { createCertificates } from "../siem/receiver/certificates.ts";

export interface RsyslogOptions {
  /** Serves TLS with a certificate of `authority`; plain TCP when absent. */
  readonly tls?: boolean;
  readonly port?: number;
}

interface SyslogMessage {
  readonly priority: number;
  readonly timestamp: string;
  readonly host: string;
  readonly appName: string;
  readonly messageId: string;
  readonly structuredData: string;
  readonly message: string;
}

export interface Rsyslog {
  readonly port: number;
  /** PEM of the authority to trust, with `tls`. */
  readonly authority: string | undefined;
  /** What rsyslog wrote to its file, in order, as rsyslog itself understood it. */
  messages(): readonly SyslogMessage[];
  /** What it complained of since it was started. */
  complaints(): string;
  /** SIGKILL; `restart` starts it again on the same port. */
  kill(): Promise<void>;
  restart(): Promise<void>;
  /** SIGSTOP: it accepts connections, by its kernel, and reads nothing until `thaw`. */
  freeze(): void;
  thaw(): void;
  close(): Promise<void>;
}

const NOT_BOUND = "Could not create tcp listener";
const PROBE = "testkit-probe";

/** Starts a real rsyslogd that takes RFC 5424 over TCP or TLS on 127.0.0.1. Ask `requireServer("rsyslogd")` before. */
export async function startRsyslog(options: RsyslogOptions = {}): Promise<Rsyslog> {
  const executable = findExecutable("rsyslogd", process.env, () => ["/usr/sbin"]);
  if (executable === null) {
    throw new Error("rsyslogd was not found; ask requireServer('rsyslogd') before");
  }
  const folder = mkdtempSync(join(tmpdir(), "sark-rsyslog-"));
  const path = (name: string) => join(folder, name);
  const certificates = options.tls === true ? await createCertificates() : undefined;
  if (certificates !== undefined) {
    writeFileSync(path("ca.pem"), certificates.authority);
    writeFileSync(path("cert.pem"), certificates.servers.valid.cert);
    writeFileSync(path("key.pem"), certificates.servers.valid.key);
  }

  let complaints = "";
  async function launch(port: number): Promise<{ child: ChildProcess; port: number }> {
    for (;;) {
      complaints = "";
      for (const left of ["port", "pid"]) {
        rmSync(path(left), { force: true });
      }
      writeFileSync(path("rsyslog.conf"), configuration(path, certificates !== undefined, port));
      const child = spawn(executable ?? "", ["-n", "-f", path("rsyslog.conf"), "-i", path("pid")], {
        stdio: ["ignore", "ignore", "pipe"],
      });
      child.stderr?.on("data", (chunk: Buffer) => {
        complaints = (complaints + chunk.toString()).slice(-4_000);
      });
      // It tells its port when it was left to choose, and before anyone can connect.
      const bound = () => (port === 0 ? readPort(path("port")) : port);
      const isReady = () => hasProbe(path("out.jsonl"), child.pid);
      while (
        !isReady() &&
        child.exitCode === null &&
        child.signalCode === null &&
        !complaints.includes(NOT_BOUND)
      ) {
        const at = bound();
        if (at !== null) {
          await sendProbe(at, certificates !== undefined, child.pid);
        }
        await wait(10);
      }
      const listening = bound();
      if (isReady() && listening !== null) {
        return { child, port: listening };
      }
      child.kill("SIGKILL");
      // Another process has the port for a moment.
      if (!complaints.includes(NOT_BOUND)) {
        throw new Error(`rsyslogd did not start: ${complaints.trim()}`);
      }
      await wait(50);
    }
  }

  async function kill(): Promise<void> {
    await killProcess(running.child);
  }

  let running = await launch(options.port ?? 0);
  return {
    port: running.port,
    authority: certificates?.authority,
    messages: () => (existsSync(path("out.jsonl")) ? readMessages(path("out.jsonl")) : []),
    complaints: () => complaints,
    kill,
    freeze: () => void running.child.kill("SIGSTOP"),
    thaw: () => void running.child.kill("SIGCONT"),
    async restart() {
      await kill();
      running = await launch(running.port);
    },
    async close() {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function readPort(file: string): number | null {
  const text = existsSync(file) ? readFileSync(file, "utf8").trim() : "";
  return text === "" ? null : Number(text);
}

/** A message of ours: another program may listen on the port, and accept connections just as well. */
async function sendProbe(port: number, tls: boolean, pid: number | undefined): Promise<void> {
  const socket = tls
    ? connectTls({ port, host: "127.0.0.1", rejectUnauthorized: false })
    : connect(port, "127.0.0.1");
  socket.on("error", () => undefined);
  socket.setTimeout(500, () => socket.destroy(new Error("no end")));
  try {
    await once(socket, tls ? "secureConnect" : "connect");
    const message = `<0>1 - - ${PROBE} - ${pid} - -`;
    socket.end(`${message.length} ${message}`);
    await once(socket, "close");
  } catch {
    // Not yet.
  } finally {
    socket.destroy();
  }
}

/** Whether the probe of a process came through. */
function hasProbe(file: string, pid: number | undefined): boolean {
  return existsSync(file) && readFileSync(file, "utf8").includes(`"appName":"${PROBE}","messageId":"${pid}"`);
}

function configuration(path: (name: string) => string, tls: boolean, port: number): string {
  const files = `DefaultNetstreamDriverCAFile="${path("ca.pem")}" DefaultNetstreamDriverCertFile="${path("cert.pem")}" DefaultNetstreamDriverKeyFile="${path("key.pem")}"`;
  // Its other driver, ossl, closes each connection's descriptor twice in this version, and may hit that of another one.
  const driver = tls ? ` StreamDriver.Name="gtls" StreamDriver.Mode="1" StreamDriver.AuthMode="anon"` : "";
  const field = (name: string, property: string) =>
    `property(outname="${name}" name="${property}" format="jsonf")`;
  const fields = [
    field("priority", "pri"),
    field("timestamp", "timereported"),
    field("host", "hostname"),
    field("appName", "app-name"),
    field("messageId", "msgid"),
    field("structuredData", "structured-data"),
    field("message", "msg"),
  ];
  return `
global(workDirectory="${path("")}" ${tls ? files : ""})
module(load="imtcp"${driver})
input(type="imtcp" port="${port}" address="127.0.0.1" listenPortFileName="${path("port")}")
template(name="line" type="list") {
  constant(value="{") ${fields.join(' constant(value=",") ')} constant(value="}\\n")
}
action(type="omfile" file="${path("out.jsonl")}" template="line" asyncWriting="off" ioBufferSize="1")
`;
}

function readMessages(file: string): SyslogMessage[] {
  return (
    readFileSync(file, "utf8")
      .split("\n")
      // The last line may still be written.
      .slice(0, -1)
      .map((line) => {
        const fields = JSON.parse(line) as SyslogMessage & { priority: string };
        return { ...fields, priority: Number(fields.priority) };
      })
      .filter(({ appName }) => appName !== PROBE)
  );
}
