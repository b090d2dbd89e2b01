import { spawnSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A time-stamp authority for tests: `openssl ts` behind HTTP. */
export interface TestAuthority {
  readonly url: string;
  /** Where its keys and certificates lie: `tsa.key`, `tsa.pem`, `root.pem`, `serving.pem`. */
  readonly folder: string;
  /** The certificate of the authority above it. */
  readonly root: X509Certificate;
  /** What was stamped, as `openssl ts -query -text` shows the queries. */
  readonly queries: readonly string[];
  /** Responds to everything with this instead, until it is `null` again. */
  misbehave: ((response: ServerResponse) => void) | null;
  /** Stamps a query as the authority does. */
  reply(query: Buffer): Buffer;
  /** Runs `openssl` in its folder; throws what it says when it fails. */
  openssl(...args: string[]): Buffer;
  close(): Promise<void>;
}

const CONFIG = `
[tsa]
serial = serial
signer_cert = tsa.pem
signer_key = tsa.key
signer_digest = sha256
digests = sha256
default_policy = 1.2.3.4.1
accuracy = secs:1
ess_cert_id_chain = no
ess_cert_id_alg = sha256
[stamping]
extendedKeyUsage = critical,timeStamping
basicConstraints = CA:FALSE
[serving]
extendedKeyUsage = serverAuth
basicConstraints = CA:FALSE
`;

/** @param options.key arguments of `openssl genpkey` for the stamping key */
export async function startOpensslAuthority(
  openssl: string,
  options: {
    readonly key?: readonly string[];
    readonly essAlgorithm?: string;
  } = {},
): Promise<TestAuthority> {
  const { key = ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"] } = options;
  const folder = mkdtempSync(join(tmpdir(), "sark-tsa-"));
  const run = (...args: string[]): Buffer => {
    const { status, stdout, stderr } = spawnSync(openssl, args, { cwd: folder });
    if (status !== 0) {
      throw new Error(`openssl ${args[0]}: ${stderr.toString()}`);
    }
    return stdout;
  };
  writeFileSync(
    join(folder, "tsa.cnf"),
    CONFIG.replace("ess_cert_id_alg = sha256", `ess_cert_id_alg = ${options.essAlgorithm ?? "sha256"}`),
  );
  writeFileSync(join(folder, "serial"), "01\n");
  const days = ["-days", "30"];
  run(
    "req",
    "-x509",
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:P-256",
    "-nodes",
    "-keyout",
    "root.key",
    "-out",
    "root.pem",
    "-subj",
    "/CN=Test Root",
    ...days,
  );
  run("genpkey", ...key, "-out", "tsa.key");
  run("req", "-new", "-key", "tsa.key", "-out", "tsa.csr", "-subj", "/CN=Test Authority");
  // Of the same key, a certificate for another purpose.
  for (const [section, file] of [
    ["stamping", "tsa.pem"],
    ["serving", "serving.pem"],
  ] as const) {
    const issuer = ["-CA", "root.pem", "-CAkey", "root.key", "-CAcreateserial"];
    run(
      "x509",
      "-req",
      "-in",
      "tsa.csr",
      ...issuer,
      "-out",
      file,
      "-extfile",
      "tsa.cnf",
      "-extensions",
      section,
      ...days,
    );
  }

  const queries: string[] = [];
  function reply(query: Buffer): Buffer {
    writeFileSync(join(folder, "query.tsq"), query);
    queries.push(run("ts", "-query", "-in", "query.tsq", "-text").toString());
    run(
      "ts",
      "-reply",
      "-config",
      "tsa.cnf",
      "-section",
      "tsa",
      "-queryfile",
      "query.tsq",
      "-out",
      "reply.tsr",
    );
    return readFileSync(join(folder, "reply.tsr"));
  }

  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      if (authority.misbehave !== null) {
        authority.misbehave(response);
      } else if (request.headers["content-type"] !== "application/timestamp-query") {
        response.writeHead(415).end();
      } else {
        response
          .writeHead(200, { "content-type": "application/timestamp-reply" })
          .end(reply(Buffer.concat(chunks)));
      }
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));

  const authority: TestAuthority = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    root: new X509Certificate(readFileSync(join(folder, "root.pem"))),
    folder,
    queries,
    misbehave: null,
    reply,
    openssl: run,
    async close() {
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
      rmSync(folder, { recursive: true });
    },
  };
  return authority;
}
