import { on, once } from "node:events";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, request as send, type Agent, type Server } from "node:https";
import { connect as connectPlain, type AddressInfo, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, type ConnectionOptions, type TLSSocket } from "node:tls";
import { createAuthority, type CertificateAuthority, type IssuedCertificate } from "@sark/testkit";
import { afterAll, afterEach, describe, expect, it, vi } from "vitest";
import { trackConnections } from "../connections.ts";
import { openListenerTls, type ListenerTls } from "./listener-tls.ts";
import type { TlsFileNames } from "./read-files.ts";

const WAIT = { timeout: 30_000, interval: 20 };
const folder = mkdtempSync(join(tmpdir(), "sark-tls-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const servers = createAuthority(folder, "servers");
const mesh = createAuthority(folder, "mesh");
const staff = createAuthority(folder, "staff");
const FOR_CLIENTS = { extensions: ["extendedKeyUsage = clientAuth"] };
const FOR_SERVERS = { extensions: ["subjectAltName = IP:127.0.0.1"] };
const own = servers.issue("own", FOR_SERVERS);
const next = servers.issue("next", FOR_SERVERS);
const worker = mesh.issue("worker", FOR_CLIENTS);

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) {
    await cleanup();
  }
});

let made = 0;
/** Copies that may be edited. */
function place(...files: readonly string[]): string[] {
  made += 1;
  return files.map((file, at) => {
    const path = join(folder, `${made}-${at}.pem`);
    copyFileSync(file, path);
    return path;
  });
}

/** Ends the response to `/slow`. */
let release = () => {};

interface Scene {
  readonly port: number;
  readonly tls: ListenerTls;
  readonly changes: (string | null)[];
  readonly failures: string[];
  ask(certificate?: IssuedCertificate, options?: { agent?: Agent } & ConnectionOptions): Promise<unknown>;
}

/** A server that responds with what it knows of its client. */
async function start(names: Partial<TlsFileNames> = {}, handshakeTimeoutMs = 60_000): Promise<Scene> {
  const changes: (string | null)[] = [];
  const failures: string[] = [];
  const tls = openListenerTls(
    { certFile: own.certFile, keyFile: own.keyFile, authorities: [], ...names },
    { required: false, handshakeTimeoutMs, pollMs: 20 },
    {
      tlsFilesChanged: ({ problem }) => void changes.push(problem),
      handshakeFailed: (error) => void failures.push((error as NodeJS.ErrnoException).code ?? error.message),
    },
  );
  const server: Server = createServer(tls.options, (request, response) => {
    if (request.url === "/slow") {
      response.write("begun");
      release = () => void response.end("ended");
      return;
    }
    const { authority, problem } = tls.clientCertificate(request) ?? {};
    const reused = (request.socket as TLSSocket).isSessionReused();
    response.end(JSON.stringify(authority === undefined ? { reused } : { authority, problem, reused }));
  });
  tls.serve(server, trackConnections(server));
  server.on("clientError", (_error, socket) => socket.destroy());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanups.push(() => {
    tls.close();
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return {
    port,
    tls,
    changes,
    failures,
    ask: (certificate, options = {}) =>
      new Promise((resolve, reject) => {
        const pair = certificate && {
          cert: readFileSync(certificate.chainFile),
          key: readFileSync(certificate.keyFile),
        };
        const ca = readFileSync(servers.certFile);
        send({ host: "127.0.0.1", port, agent: false, ca, ...pair, ...options }, (response) => {
          let text = "";
          response.on("data", (chunk: Buffer) => (text += chunk.toString()));
          response.on("end", () => resolve(JSON.parse(text)));
        })
          .on("error", reject)
          .end();
      }),
  };
}

const authorityOf = (name: string, { certFile }: CertificateAuthority, crlFile?: string) => ({
  name,
  caFile: certFile,
  crlFile,
});

describe("client certificates [GTW-1]", () => {
  it("are asked for only where there are authorities", async () => {
    const { ask } = await start();
    expect(await ask(worker)).toEqual({ reused: false });
  });

  it("are verified for each connection: none is resumed, in either version of TLS", async () => {
    const { port, ask } = await start({ authorities: [authorityOf("mesh", mesh)] });
    expect(await ask(worker)).toEqual({ authority: "mesh", problem: null, reused: false });
    expect(await ask()).toEqual({ reused: false });
    for (const maxVersion of ["TLSv1.2", "TLSv1.3"] as const) {
      for (const certificate of [undefined, worker]) {
        const session = await sessionOf(port, maxVersion, certificate);
        const what = await ask(undefined, { maxVersion, ...(session === null ? {} : { session }) });
        expect([maxVersion, what]).toEqual([maxVersion, { reused: false }]);
      }
    }
  });

  it("cannot be exchanged in the middle of a connection", async () => {
    const { port } = await start({ authorities: [authorityOf("mesh", mesh)] });
    const socket = connect({
      port,
      host: "127.0.0.1",
      maxVersion: "TLSv1.2",
      ca: readFileSync(servers.certFile),
    });
    await once(socket, "secureConnect");
    socket.on("error", () => {});
    const failed = new Promise<Error>((resolve) => socket.once("error", resolve));
    socket.renegotiate({}, (error) => void (error && socket.destroy(error)));
    expect((await failed).message).toMatch(/no.renegotiation|renegotiation/i);
  });

  it("count for the authority that has signed them, also through intermediates where there is but one", async () => {
    const between = mesh.intermediate("between");
    const below = between.issue("below", FOR_CLIENTS);
    const single = await start({ authorities: [authorityOf("mesh", mesh)] });
    expect(await single.ask(below)).toMatchObject({ authority: "mesh", problem: null });
    const both = await start({ authorities: [authorityOf("mesh", mesh), authorityOf("staff", staff)] });
    expect(await both.ask(worker)).toMatchObject({ authority: "mesh", problem: null });
    expect(await both.ask(staff.issue("olga", FOR_CLIENTS))).toMatchObject({
      authority: "staff",
      problem: null,
    });
    // Which way the client's chain leads is not for the client to say.
    expect(await both.ask(below)).toMatchObject({ authority: null });
    const [caFile = ""] = place(mesh.certFile);
    writeFileSync(caFile, readFileSync(mesh.certFile, "utf8") + readFileSync(between.certFile, "utf8"));
    const listed = await start({ authorities: [{ name: "mesh", caFile }, authorityOf("staff", staff)] });
    expect(await listed.ask(below)).toMatchObject({ authority: "mesh", problem: null });
    const shared = await start({ authorities: [authorityOf("a", mesh), authorityOf("b", mesh)] });
    expect(await shared.ask(worker)).toMatchObject({ authority: null });
  });

  it("of a CA of the same name are no one's", async () => {
    const forger = createAuthority(join(folder, "elsewhere"), "mesh");
    const { ask } = await start({ authorities: [authorityOf("mesh", mesh)] });
    expect(await ask(forger.issue("worker", FOR_CLIENTS))).toMatchObject({ problem: "untrusted" });
  });

  it("are not believed with a key that is too short", async () => {
    const key = ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"];
    const { ask } = await start({ authorities: [authorityOf("mesh", mesh)] });
    const weak = mesh.issue("weak", { ...FOR_CLIENTS, key });
    // The client of today would not show it, either.
    expect(await ask(weak, { ciphers: "DEFAULT@SECLEVEL=0" })).toMatchObject({ problem: "untrusted" });
  });

  it("lose their power with their end, in the middle of a connection", async () => {
    const brief = mesh.issue("brief", { ...FOR_CLIENTS, hours: 1 });
    const { ask } = await start({ authorities: [authorityOf("mesh", mesh)] });
    expect(await ask(brief)).toMatchObject({ problem: null });
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 2 * 3_600_000 });
    cleanups.push(() => vi.useRealTimers());
    expect(await ask(brief)).toMatchObject({ problem: "expired" });
  });
});

describe("revocation lists [GTW-1]", () => {
  it("say which certificates are revoked, and nothing of those of CAs that are unknown", async () => {
    const revoked = mesh.issue("revoked", FOR_CLIENTS);
    mesh.revoke(revoked);
    const { ask } = await start({ authorities: [authorityOf("mesh", mesh, mesh.revocationList())] });
    expect(await ask(worker)).toMatchObject({ problem: null });
    expect(await ask(revoked)).toMatchObject({ problem: "revoked" });
    expect(await ask(staff.issue("unknown", FOR_CLIENTS))).toMatchObject({ problem: "untrusted" });
  });

  it("that have ended, are of others, or say nothing of an intermediate, let no one in", async () => {
    const between = mesh.intermediate("between-2");
    const below = between.issue("below-2", FOR_CLIENTS);
    const [ended = ""] = place(mesh.revocationList(-1));
    const [foreign = ""] = place(staff.revocationList());
    for (const [list, certificate] of [
      [ended, worker],
      [foreign, worker],
      [place(mesh.revocationList())[0] ?? "", below],
    ] as const) {
      const { ask } = await start({ authorities: [authorityOf("mesh", mesh, list)] });
      expect(await ask(certificate)).toMatchObject({ problem: "revocation_unknown" });
    }
  });
});

describe("files that change [GTW-1]", () => {
  it("are in use for the next connection: certificate and key, once both have come", async () => {
    const [certFile = "", keyFile = ""] = place(own.certFile, own.keyFile);
    const { port, changes, tls } = await start({ certFile, keyFile });
    const before = await serialOf(port);
    copyFileSync(next.certFile, certFile);
    await vi.waitFor(
      () => expect(changes).toEqual([expect.stringContaining("are no certificate and its private key")]),
      WAIT,
    );
    expect(await serialOf(port)).toBe(before);
    expect(tls.status().problem).not.toBeNull();
    copyFileSync(next.keyFile, keyFile);
    await vi.waitFor(() => expect(changes.at(-1)).toBeNull(), WAIT);
    expect(await serialOf(port)).not.toBe(before);
    expect(tls.status().problem).toBeNull();
  });

  it("end what was verified by those before: a list that revokes, a CA that is taken away", async () => {
    const lost = mesh.issue("lost", FOR_CLIENTS);
    const [crlFile = "", caFile = ""] = place(mesh.revocationList(), mesh.certFile);
    const { ask, changes, port } = await start({ authorities: [{ name: "mesh", caFile, crlFile }] });
    expect(await ask(lost)).toMatchObject({ problem: null });
    const idle = await opened(port, lost);
    const busy = await opened(port, lost);
    busy.write("GET /slow HTTP/1.1\r\nhost: x\r\n\r\n");
    await untilRead(busy, "begun");
    mesh.revoke(lost);
    copyFileSync(mesh.revocationList(), crlFile);
    await vi.waitFor(() => expect(changes).toEqual([null]), WAIT);
    // Nothing is under way on it: it ends. The other one may serve its response; its next request is not believed.
    await closed(idle);
    release();
    await untilRead(busy, "ended");
    busy.write("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
    await untilRead(busy, '"problem":"outdated"');
    expect(await ask(lost)).toMatchObject({ problem: "revoked" });

    copyFileSync(staff.certFile, caFile);
    copyFileSync(staff.revocationList(), crlFile);
    await vi.waitFor(async () => expect(await ask(worker)).toMatchObject({ problem: "untrusted" }), WAIT);
  });

  it("that cannot be used leave those before in force, and are told", async () => {
    const files = place(own.certFile, own.keyFile, mesh.certFile, mesh.revocationList());
    const [certFile = "", keyFile = "", caFile = "", crlFile = ""] = files;
    const { ask, changes } = await start({
      certFile,
      keyFile,
      authorities: [{ name: "mesh", caFile, crlFile }],
    });
    for (const path of files) {
      const good = readFileSync(path, "utf8");
      for (const bad of [path === caFile ? "" : good.slice(0, -20)]) {
        changes.length = 0;
        writeFileSync(path, bad);
        await vi.waitFor(() => expect(changes.at(-1)).toEqual(expect.any(String)), WAIT);
        expect(changes.join()).not.toContain(good.split("\n")[2]);
        expect(await ask(worker)).toMatchObject({ authority: "mesh", problem: null });
        writeFileSync(path, good);
        await vi.waitFor(() => expect(changes.at(-1)).toBeNull(), WAIT);
      }
    }
  });

  it("cannot be used from the start on: it does not start", () => {
    const bad = join(folder, "bad.pem");
    writeFileSync(bad, "nothing");
    const open = (names: Partial<TlsFileNames>) =>
      openListenerTls(
        { certFile: own.certFile, keyFile: own.keyFile, authorities: [], ...names },
        { required: false, handshakeTimeoutMs: 1_000 },
        { tlsFilesChanged: () => {}, handshakeFailed: () => {} },
      );
    expect(() => open({ certFile: bad })).toThrow(/^http\.tls\.certFile: .*bad\.pem/);
    expect(() => open({ certFile: join(folder, "missing") })).toThrow(/cannot read .*missing/);
    expect(() => open({ keyFile: next.keyFile })).toThrow(/no certificate and its private key/);
    expect(() => open({ authorities: [{ name: "m", caFile: bad }] })).toThrow(/^caFile of m: /);
    writeFileSync(bad, `${readFileSync(mesh.certFile, "utf8")}-----BEGIN CERTIFICATE-----\nAAAA`);
    expect(() => open({ authorities: [{ name: "m", caFile: bad }] })).toThrow(/^caFile of m: /);
    expect(() => open({ authorities: [{ name: "m", caFile: mesh.keyFile }] })).toThrow(/^caFile of m: /);
    expect(() =>
      open({ authorities: [{ name: "m", caFile: mesh.certFile, crlFile: mesh.certFile }] }),
    ).toThrow(/^crlFile of m: /);
  });
});

describe("connections without TLS [MET-4]", () => {
  it("are told: in plain text, and those that never begin", async () => {
    const { port, failures, ask } = await start();
    const impatient = await start({}, 50);
    const plain = connectPlain(port, "127.0.0.1");
    plain.write("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
    await closed(plain);
    expect(failures).toEqual(["ERR_SSL_HTTP_REQUEST"]);
    const silent = connectPlain(impatient.port, "127.0.0.1");
    await closed(silent);
    expect(impatient.failures).toEqual(["ERR_TLS_HANDSHAKE_TIMEOUT"]);
    expect(await ask()).toEqual({ reused: false });
  });
});

const pairOf = (certificate: IssuedCertificate) => ({
  cert: readFileSync(certificate.chainFile),
  key: readFileSync(certificate.keyFile),
});

async function opened(port: number, certificate: IssuedCertificate): Promise<TLSSocket> {
  const ca = readFileSync(servers.certFile);
  const socket = connect({ port, host: "127.0.0.1", ca, ...pairOf(certificate) });
  socket.on("error", () => {});
  cleanups.push(() => socket.destroy());
  await once(socket, "secureConnect");
  // A first request, so that it is an idle connection like those of clients.
  socket.write("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
  await once(socket, "data");
  return socket;
}

async function untilRead(socket: TLSSocket, text: string): Promise<void> {
  let read = "";
  for await (const [chunk] of on(socket, "data", { close: ["close"] }) as AsyncIterable<[Buffer]>) {
    read += chunk.toString();
    if (read.includes(text)) {
      return;
    }
  }
  throw new Error(`the connection ended after ${read}`);
}

/** However it ends. */
async function closed(socket: Socket): Promise<void> {
  socket.on("error", () => {});
  if (!socket.closed) {
    await new Promise((resolve) => socket.once("close", resolve));
  }
}

async function serialOf(port: number): Promise<string> {
  const socket = connect({ port, host: "127.0.0.1", ca: readFileSync(servers.certFile) });
  await once(socket, "secureConnect");
  const { serialNumber } = socket.getPeerCertificate();
  socket.destroy();
  return serialNumber;
}

/** What a client would resume with; `null` where it is given nothing. */
async function sessionOf(
  port: number,
  maxVersion: "TLSv1.2" | "TLSv1.3",
  certificate?: IssuedCertificate,
): Promise<Buffer | null> {
  let session: Buffer | null = null;
  const socket = connect({
    port,
    host: "127.0.0.1",
    maxVersion,
    ca: readFileSync(servers.certFile),
    ...(certificate && pairOf(certificate)),
  });
  socket.on("session", (given: Buffer) => (session = given));
  await once(socket, "secureConnect");
  socket.write("GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
  socket.resume();
  await once(socket, "close");
  return session;
}
