import { once } from "node:events";
import { appendFileSync, copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, get } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import { createAuthority, requireServer, type IssuedCertificate } from "@sark/testkit";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { CertificateFile } from "./configured-files.ts";
import { certificatesCheck } from "./health-check.ts";
import { watchCertificates } from "./watch-certificates.ts";

const HOUR = 3_600_000;
const HERE = ["subjectAltName = IP:127.0.0.1,DNS:localhost"];

describe.skipIf(requireServer("openssl") === null)("certificates in use [HLT-1]", () => {
  let folder: string;
  let own: ReturnType<typeof createAuthority>;
  let made = 0;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "sark-certificates-"));
    own = createAuthority(folder, "own");
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  /** Those of the tests are valid for three days, of which as many hours are left. */
  const issue = (hours: number, extensions = HERE) =>
    own.issue(`issued-${(made += 1)}`, { hours, begins: hours - 72, extensions });
  function watch(files: readonly CertificateFile[], lookAgainMs?: number) {
    const certificates = watchCertificates(files, lookAgainMs === undefined ? {} : { lookAgainMs });
    onTestFinished(() => certificates.close());
    const check = certificatesCheck(certificates, 14 * 24 * HOUR);
    return {
      list: certificates.list,
      check: async () => check.check(new AbortController().signal),
      known: () => check.known?.(),
    };
  }
  const path = (name: string) => join(folder, `${name}-${(made += 1)}`);
  const file = (role: CertificateFile["role"], at: string, name = "http.tls.certFile"): CertificateFile => ({
    name,
    path: at,
    role,
  });

  it("degrades before the end, is down after it, and is well again once the file was replaced", async () => {
    const at = path("renewed");
    copyFileSync(issue(6).certFile, at);
    const { check, known } = watch([file("own", at)]);
    expect(await check()).toMatchObject({
      degraded: true,
      message: expect.stringMatching(/^renew certificates: http\.tls\.certFile ends at 20.*Z$/),
    });
    copyFileSync(issue(-1).certFile, at);
    await expect(check()).rejects.toThrow(/http\.tls\.certFile ended at 20/);
    copyFileSync(issue(24).certFile, at);
    expect(await check()).toEqual({});
    expect(known()).toEqual({ expires: { "http.tls.certFile": expect.stringMatching(/Z$/) } });
  });

  it("keeps what it knows while a file cannot be read", async () => {
    const at = path("broken");
    copyFileSync(issue(6).certFile, at);
    const { check } = watch([file("own", at)]);
    writeFileSync(at, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    expect(await check()).toMatchObject({ degraded: true });
  });

  it("looks at each link of a chain, but for a root, which peers have themselves", async () => {
    const between = own.intermediate(`between-${(made += 1)}`);
    const leaf = between.issue("leaf", { hours: 24 });
    const chain = path("chain");
    copyFileSync(leaf.chainFile, chain);
    expect(await watch([file("own", chain)]).check()).toEqual({});
    const ended = createAuthority(folder, "ended-root");
    appendFileSync(chain, readFileSync(issue(-1).certFile));
    await expect(watch([file("own", chain)]).check()).rejects.toThrow("ended");
    const withRoot = path("with-root");
    copyFileSync(leaf.chainFile, withRoot);
    appendFileSync(withRoot, readFileSync(ended.certFile));
    expect(await watch([file("own", withRoot)]).check()).toEqual({});
  });

  it("tells of one of several authorities, unless it was replaced", async () => {
    const at = path("bundle");
    const former = own.issue("former", { subject: "/CN=mesh", hours: -1 }).certFile;
    const others = own.issue("others", { subject: "/CN=others", hours: 24 }).certFile;
    writeFileSync(at, readFileSync(former, "utf8") + readFileSync(others, "utf8"));
    const { check } = watch([file("authority", at, "authentication.certificates.mesh.caFile")]);
    expect(await check()).toMatchObject({
      degraded: true,
      message: expect.stringContaining("has an authority that ended"),
    });
    appendFileSync(at, readFileSync(own.issue("renewed", { subject: "/CN=mesh", hours: 24 }).certFile));
    expect(await check()).toEqual({});
    copyFileSync(former, at);
    await expect(check()).rejects.toThrow("mesh.caFile ended");
  });

  it("takes no authority of a machine's own list for one that is needed, as long as one is left", async () => {
    const at = path("machine");
    const ended = own.issue("ended", { subject: "/CN=ended", hours: -1 }).certFile;
    const left = own.issue("left", { subject: "/CN=left", hours: 24 }).certFile;
    writeFileSync(at, readFileSync(ended, "utf8") + readFileSync(left, "utf8"));
    const { check } = watch([file("trust_store", at, "NODE_EXTRA_CA_CERTS")]);
    expect(await check()).toEqual({});
    copyFileSync(ended, at);
    await expect(check()).rejects.toThrow("NODE_EXTRA_CA_CERTS ended");
  });

  it("looks at when revocation lists are to be renewed", async () => {
    const at = path("list");
    copyFileSync(own.revocationList(24), at);
    const { check } = watch([file("revocation_list", at)]);
    expect(await check()).toEqual({});
    copyFileSync(own.revocationList(-1), at);
    await expect(check()).rejects.toThrow("ended");
  });

  /** An HTTPS server, whose certificate may be replaced. */
  async function serve(certificate: IssuedCertificate) {
    const filesOf = ({ certFile, keyFile }: IssuedCertificate) => ({
      cert: readFileSync(certFile),
      key: readFileSync(keyFile),
    });
    const server = createServer(filesOf(certificate), (_request, response) => response.end("ok"));
    await once(server.listen(0, "127.0.0.1"), "listening");
    const close = async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    };
    onTestFinished(close);
    const { port } = server.address() as AddressInfo;
    return { port, close, renew: (next: IssuedCertificate) => server.setSecureContext(filesOf(next)) };
  }
  const trusted = () => readFileSync(own.certFile);

  it("sees what servers show, whatever connects, and looks again before it believes an old sight", async () => {
    const { check, list } = watch([], 0);
    const server = await serve(issue(6));
    const [response] = (await once(
      get({ host: "127.0.0.1", port: server.port, ca: trusted(), agent: false }),
      "response",
    )) as [NodeJS.ReadableStream];
    response.resume();
    const name = `127.0.0.1:${server.port}`;
    expect(list()).toMatchObject([{ name, role: "peer" }]);
    expect(await check()).toMatchObject({ degraded: true, message: expect.stringContaining(name) });
    server.renew(issue(24));
    expect(await check()).toEqual({});
  });

  it("forgets a peer that is away, and one that it does not trust", async () => {
    const { check, list } = watch([], 0);
    const server = await serve(issue(6));
    const untrusted = connect({ host: "127.0.0.1", port: server.port });
    await once(untrusted, "error");
    expect(list()).toEqual([]);
    const socket = connect({ host: "127.0.0.1", port: server.port, ca: trusted() });
    await once(socket, "secureConnect");
    socket.destroy();
    await server.close();
    expect(await check()).toEqual({});
    expect(list()).toEqual([]);
  });
});
