import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { findExecutable } from "../find-executable.ts";
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
  /** SIGKILL; `restart` starts it again on the same port. */
  kill(): Promise<void>;
  restart(): Promise<void>;
  close(): Promise<void>;
}

const START_TIMEOUT_MS = 20_000;

/** Starts a real rsyslogd that takes RFC 5424 over TCP or TLS on 127.0.0.1. Ask `requireServer("rsyslogd")` before. */
export async function startRsyslog(options: RsyslogOptions = {}): Promise<Rsyslog> {
  const executable = findExecutable("rsyslogd", process.env, () => ["/usr/sbin"]);
  if (executable === null) throw new Error("rsyslogd was not found; ask requireServer('rsyslogd') before");
  const folder = mkdtempSync(join(tmpdir(), "sark-rsyslog-"));
  const path = (name: string) => join(folder, name);
  const certificates = options.tls === true ? await createCertificates() : undefined;
  if (certificates !== undefined) {
    writeFileSync(path("ca.pem"), certificates.authority);
    writeFileSync(path("cert.pem"), certificates.servers.valid.cert);
    writeFileSync(path("key.pem"), certificates.servers.valid.key);
  }

  async function launch(port: number): Promise<{ child: ChildProcess; port: number }> {
    for (const left of ["port", "pid"]) rmSync(path(left), { force: true });
    writeFileSync(path("rsyslog.conf"), configuration(path, certificates !== undefined, port));
    const child = spawn(executable ?? "", ["-n", "-f", path("rsyslog.conf"), "-i", path("pid")], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    let errors = "";
    child.stderr?.on("data", (chunk: Buffer) => (errors = (errors + chunk.toString()).slice(-4_000)));
    const deadline = Date.now() + START_TIMEOUT_MS;
    // It tells its port only when it was left to choose.
    const ready = async () =>
      port === 0 ? readPort(path("port")) : (await isListening(port)) ? port : undefined;
    for (;;) {
      const listening = await ready();
      if (listening !== undefined) return { child, port: listening };
      if (child.exitCode !== null || Date.now() > deadline) {
        child.kill("SIGKILL");
        throw new Error(`rsyslogd did not start: ${errors.trim()}`);
      }
      await pause(10);
    }
  }

  async function kill(): Promise<void> {
    if (running.child.exitCode !== null || running.child.signalCode !== null) return;
    const exited = once(running.child, "exit");
    running.child.kill("SIGKILL");
    await exited;
  }

  let running = await launch(options.port ?? 0);
  return {
    port: running.port,
    authority: certificates?.authority,
    messages: () => (existsSync(path("out.jsonl")) ? readMessages(path("out.jsonl")) : []),
    kill,
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

function readPort(file: string): number | undefined {
  const text = existsSync(file) ? readFileSync(file, "utf8").trim() : "";
  return text === "" ? undefined : Number(text);
}

async function isListening(port: number): Promise<boolean> {
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

function configuration(path: (name: string) => string, tls: boolean, port: number): string {
  const files = `DefaultNetstreamDriverCAFile="${path("ca.pem")}" DefaultNetstreamDriverCertFile="${path("cert.pem")}" DefaultNetstreamDriverKeyFile="${path("key.pem")}"`;
  const driver = tls ? ` StreamDriver.Name="ossl" StreamDriver.Mode="1" StreamDriver.AuthMode="anon"` : "";
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
  );
}
