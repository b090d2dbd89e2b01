import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { connect, type ConnectionOptions } from "node:tls";
import { createAuthority, requireServer, type IssuedCertificate } from "@sark/testkit";
import { createSeal } from "@sark/shared-state";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { ForwardedRequest } from "../domain/forwarding.ts";
import { createForwarder } from "./forwarder.ts";
import { listenForForwarded } from "./listener.ts";
import { openReplicaTls } from "./tls-files.ts";

const seal = createSeal(randomBytes(32), "replicas");
const HERE = { extensions: ["subjectAltName = IP:127.0.0.1"] };
const observer = {
  forwarded: () => undefined,
  refused: () => undefined,
  lost: () => undefined,
  tlsFilesChanged: () => undefined,
};

describe.skipIf(requireServer("openssl") === null)("TLS between replicas [GTW-6]", () => {
  let folder: string;
  let own: ReturnType<typeof createAuthority>;
  let other: ReturnType<typeof createAuthority>;
  let at = 0;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "sark-replica-tls-"));
    own = createAuthority(folder, "own");
    other = createAuthority(folder, "other");
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  /** Files of a replica, which may be replaced. */
  function filesOf(certificate: IssuedCertificate, authority = own) {
    const base = join(folder, `replica-${(at += 1)}`);
    const names = { certFile: `${base}.pem`, keyFile: `${base}.key`, caFile: `${base}.ca` };
    const notices: (string | null)[] = [];
    const put = (next: IssuedCertificate, by: typeof own) => {
      copyFileSync(next.certFile, names.certFile);
      copyFileSync(next.keyFile, names.keyFile);
      copyFileSync(by.certFile, names.caFile);
    };
    put(certificate, authority);
    const tls = openReplicaTls(names, (problem) => void notices.push(problem));
    return { tls, put, names, notices };
  }
  const replica = (name: string, authority = own) =>
    filesOf(authority.issue(`${name}-${(at += 1)}`, HERE), authority);

  async function holder(tls: ReturnType<typeof openReplicaTls> | null) {
    const taken: string[] = [];
    const listener = await listenForForwarded({
      host: "127.0.0.1",
      port: 0,
      id: "holder",
      seal,
      tls,
      maxBodyBytes: 1_000,
      maxConnections: 100,
      observer,
      async handle({ server }) {
        taken.push(server);
        return { status: 200, headers: {}, body: Buffer.from("done") };
      },
    });
    onTestFinished(() => listener.close(0));
    const url = `${tls === null ? "http" : "https"}://127.0.0.1:${listener.port}`;
    return { port: listener.port, url, taken };
  }

  function forwarder(url: string, tls: ReturnType<typeof openReplicaTls> | null) {
    const directory = { find: async () => ({ url, machine: hostname() }), isLost: async () => false };
    const made = createForwarder({ seal, id: "asks", directory, tls, observer });
    onTestFinished(() => made.close());
    return async () => {
      const request: ForwardedRequest = {
        method: "POST",
        headers: {},
        body: Buffer.from("{}"),
        server: "tools",
        caller: {
          principal: {
            id: "alice",
            type: "user",
            actor: null,
            tenant: null,
            roles: [],
            attributes: {},
            method: "jwt",
          },
          correlationId: "c",
          clientAddress: "::1",
          credential: "k",
          traceHeaders: {},
        },
        signal: new AbortController().signal,
      };
      const response = await made.forward("holder", request);
      return typeof response === "string" ? response : text(response.body);
    };
  }

  it("carries requests where both sides show a certificate of their authority", async () => {
    const { url, taken } = await holder(replica("holder").tls);
    const forward = forwarder(url, replica("asks").tls);
    expect([await forward(), await forward()]).toEqual(["done", "done"]);
    expect(taken).toHaveLength(2);
  });

  it.each<[string, () => ReturnType<typeof openReplicaTls>, () => ReturnType<typeof openReplicaTls>]>([
    [
      "the one that asks is of another authority",
      () => replica("h").tls,
      () => filesOf(other.issue("asks", HERE)).tls,
    ],
    [
      "the holder is of another authority",
      () => filesOf(other.issue("holder", HERE)).tls,
      () => replica("a").tls,
    ],
    [
      "the holder has the name of another",
      () => filesOf(own.issue("elsewhere", { extensions: ["subjectAltName = DNS:elsewhere"] })).tls,
      () => replica("a").tls,
    ],
    [
      "the holder's has ended",
      () => filesOf(own.issue("ended", { ...HERE, hours: -1 })).tls,
      () => replica("a").tls,
    ],
    [
      "the one that asks has one that has ended",
      () => replica("h").tls,
      () => filesOf(own.issue("late", { ...HERE, hours: -1 })).tls,
    ],
    [
      "the holder's is for clients alone",
      () =>
        filesOf(own.issue("client", { extensions: [...HERE.extensions, "extendedKeyUsage = clientAuth"] }))
          .tls,
      () => replica("a").tls,
    ],
    [
      "the one that asks has one for servers alone",
      () => replica("h").tls,
      () =>
        filesOf(own.issue("server", { extensions: [...HERE.extensions, "extendedKeyUsage = serverAuth"] }))
          .tls,
    ],
  ])("carries nothing, and says that nothing was done, where %s", async (_what, holds, asks) => {
    const { url, taken } = await holder(holds());
    expect(await forwarder(url, asks())()).toBe("unreachable");
    expect(taken).toEqual([]);
  });

  it("is neither left out nor added by what an address says", async () => {
    const plain = await holder(null);
    const secure = await holder(replica("holder").tls);
    const { tls } = replica("asks");
    expect(await forwarder(plain.url, tls)()).toBe("not_offered");
    expect(await forwarder(secure.url, null)()).toBe("not_offered");
    expect(await forwarder(plain.url.replace("http:", "https:"), tls)()).toBe("unreachable");
    expect([...plain.taken, ...secure.taken]).toEqual([]);
  });

  it("takes no connection without a certificate, of an older version, or without TLS", async () => {
    const { port, taken } = await holder(replica("holder").tls);
    const speak = async (options: ConnectionOptions) => {
      const socket = connect({ port, host: "127.0.0.1", rejectUnauthorized: false, ...options });
      socket.write("POST /forwarded HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n");
      let seen = "";
      socket.on("data", (chunk) => (seen += String(chunk)));
      await once(socket, "close").catch(() => undefined);
      return seen;
    };
    const refused = /^HTTP\/1.1 421 .*connection: close/s;
    expect(await speak({})).toMatch(refused);
    const { tls } = replica("old");
    expect(await speak({ ...tls.current(), minVersion: "TLSv1.2", maxVersion: "TLSv1.2" })).toBe("");
    await expect(fetch(`http://127.0.0.1:${port}/forwarded`)).rejects.toThrow();
    // Its certificate alone is worth nothing, either.
    expect(await speak({ ...tls.current() })).toMatch(refused);
    expect(taken).toEqual([]);
  });

  it("goes on with files that were replaced, authority included, and with those before where they cannot be used", async () => {
    const held = replica("holder");
    const asked = replica("asks");
    const { url } = await holder(held.tls);
    const forward = forwarder(url, asked.tls);
    expect(await forward()).toBe("done");
    writeFileSync(asked.names.certFile, "-----BEGIN CERTIFICATE-----\nhalf");
    expect(await forward()).toBe("done");
    expect(asked.notices).toEqual([expect.stringContaining("replicas.tls.certFile")]);
    const [toHold, toAsk] = [other.issue("holder-2", HERE), other.issue("asks-2", HERE)];
    held.put(toHold, other);
    // It is of the authority before, and its next connection is refused.
    asked.put(own.issue("asks-3", HERE), own);
    expect(await forward()).toBe("unreachable");
    asked.put(toAsk, other);
    expect(await forward()).toBe("done");
  });

  it("does not begin with files that are none, and quotes nothing of them", () => {
    const { names } = replica("broken");
    writeFileSync(names.keyFile, "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n");
    expect(() => openReplicaTls(names, () => undefined)).toThrow(
      /^replicas\.tls: .*no certificate and its private key$/,
    );
    rmSync(names.caFile);
    expect(() => openReplicaTls(names, () => undefined)).toThrow(/^replicas\.tls\.caFile: cannot read /);
  });
});
