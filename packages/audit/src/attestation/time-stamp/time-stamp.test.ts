import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { join } from "node:path";
import { requireServer } from "@sark/testkit";
import { afterAll, afterEach, beforeAll, describe, expect, inject, it, vi } from "vitest";
import type { AttestationError } from "../errors.ts";
import { createLogBuilder, type LogBuilder } from "../../log-builder/signing/log-builder.ts";
import { createTestLog, type TestLog } from "../../log-builder/testing/test-log.ts";
import { createNoteSigner } from "../../transparency-log/notes/note-signer.ts";
import { parseNote } from "../../transparency-log/notes/signed-note.ts";
import { namedKey } from "../../transparency-log/testing/keys.ts";
import { startOpensslAuthority, type TestAuthority } from "../testing/start-openssl-authority.ts";
import { integer, readDer } from "./der.ts";
import { createTimeStampAuthority, timeStampRequest, tokenIn } from "./time-stamp-authority.ts";
import { verifyTimeStamp } from "./time-stamp-token.ts";

const openssl = requireServer("openssl");
const data = Buffer.from("sark.example/audit\n1\nroot\n");
const refusal = expect.objectContaining({ code: "bad_attestation" });

describe.runIf(openssl)("with openssl ts as the authority", () => {
  let authority: TestAuthority;
  beforeAll(async () => {
    authority = await startOpensslAuthority(openssl!);
  });
  afterAll(() => authority.close());
  afterEach(() => {
    authority.misbehave = null;
  });

  function stamp(from: TestAuthority, nonce = integer(randomBytes(8))): { token: Buffer; nonce: Buffer } {
    return { token: tokenIn(from.reply(timeStampRequest(data, nonce))), nonce };
  }

  it("asks as RFC 3161 says and verifies what comes back [AUD-7]", () => {
    const { token, nonce } = stamp(authority);
    expect(authority.queries.at(-1)).toMatch(/Hash Algorithm: sha256[\s\S]*Certificate required: yes/);
    const { time, authority: name } = verifyTimeStamp(token, { data, nonce }, [authority.root]);
    expect(Math.abs(time.getTime() - Date.now())).toBeLessThan(60_000);
    expect(name).toBe("CN=Test Authority");
  });

  it.each<[string, Parameters<typeof startOpensslAuthority>[1]]>([
    ["P-256", { key: ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"] }],
    ["a SHA-1 certificate id", { essAlgorithm: "sha1" }],
    ["a SHA-512 certificate id", { essAlgorithm: "sha512" }],
  ])("verifies an authority with %s [AUD-7]", async (_what, options) => {
    const other = await startOpensslAuthority(openssl!, options);
    const { token, nonce } = stamp(other);
    expect(verifyTimeStamp(token, { data, nonce }, [other.root]).authority).toBe("CN=Test Authority");
    expect(() => verifyTimeStamp(token, { data, nonce }, [authority.root])).toThrow(
      "does not lead to a trusted one",
    );
    await other.close();
  });

  it("refuses stamps of other data, for another request, of an unknown authority, or altered in any byte that counts [AUD-7]", () => {
    const { token, nonce } = stamp(authority);
    const trusted = [authority.root];
    expect(() => verifyTimeStamp(token, { data: Buffer.from("x"), nonce }, trusted)).toThrow("of other data");
    const otherNonce = integer(Buffer.from("0102030405060708", "hex"));
    expect(() => verifyTimeStamp(token, { data, nonce: otherNonce }, trusted)).toThrow("another request");
    expect(() => verifyTimeStamp(token, { data, nonce }, [])).toThrow("does not lead to a trusted one");
    const outcomes = Array.from(token, (_byte, at) => {
      const altered = Buffer.from(token);
      altered[at] = altered[at]! ^ 1;
      try {
        return verifyTimeStamp(altered, { data, nonce }, trusted).time.toISOString();
      } catch (error) {
        return (error as AttestationError).code;
      }
    });
    // Nothing but refusals and, where nothing depends on a byte (versions, the list of digests), the same time.
    const { time } = verifyTimeStamp(token, { data, nonce }, trusted);
    expect(new Set(outcomes)).toEqual(new Set(["bad_attestation", time.toISOString()]));
    expect(outcomes.filter((outcome) => outcome !== "bad_attestation").length).toBeLessThan(100);
    for (const cut of [0, 1, 10, token.length - 1]) {
      expect(() => verifyTimeStamp(token.subarray(0, cut), { data }, trusted)).toThrow(refusal);
    }
  });

  it("reads no reply that is a refusal or no reply [AUD-7]", () => {
    const rejected = Buffer.from("30053003020102", "hex");
    expect(() => tokenIn(rejected)).toThrow("refused to stamp (status 2)");
    for (const bad of [
      Buffer.alloc(0),
      Buffer.from("x"),
      Buffer.from("3080", "hex"),
      Buffer.from("308100", "hex"),
    ]) {
      expect(() => tokenIn(bad)).toThrow(refusal);
    }
    expect(() => readDer(Buffer.from("1f0100", "hex"))).toThrow("not DER");
  });

  describe("beside a log", () => {
    const signer = createNoteSigner("sark.example/audit", namedKey("log"));
    let log: TestLog;
    let builder: LogBuilder | null = null;
    const failures: AttestationError[] = [];
    beforeAll(async () => {
      log = await createTestLog(inject("postgresUrl"));
    });
    afterEach(async () => {
      await builder?.close();
      await log.empty();
      failures.length = 0;
    });
    afterAll(() => log.close());

    function start(): void {
      builder = createLogBuilder({
        pool: log.pool,
        signer,
        origin: signer.key.name,
        intervalMs: 5,
        attestors: [createTimeStampAuthority({ url: authority.url, trusted: [authority.root], everyMs: 10 })],
        observer: { attestationFailed: ({ error }) => failures.push(error as AttestationError) },
      });
      builder.start();
    }

    it("stores stamps on checkpoints, which openssl verifies, too [AUD-7]", async () => {
      start();
      await log.append(10);
      const row = await vi.waitFor(
        async () => {
          const [found] = await log.query(
            "SELECT note, time_stamp FROM gateway_audit_checkpoints WHERE time_stamp IS NOT NULL",
          );
          expect(found).toBeDefined();
          return found as { note: string; time_stamp: Buffer };
        },
        { timeout: 20_000 },
      );
      const { text } = parseNote(row.note);
      expect(verifyTimeStamp(row.time_stamp, { data: Buffer.from(text) }, [authority.root]).authority).toBe(
        "CN=Test Authority",
      );
      const { folder } = authority;
      writeFileSync(join(folder, "token.der"), row.time_stamp);
      writeFileSync(join(folder, "checkpoint"), text);
      const input = ["-data", "checkpoint", "-in", "token.der", "-token_in"];
      const said = authority.openssl("ts", "-verify", ...input, "-CAfile", "root.pem");
      expect(said.toString()).toContain("Verification: OK");
      expect(failures).toEqual([]);
    });

    it.each<[string, (response: ServerResponse) => void]>([
      ["an error", (response) => response.writeHead(500).end()],
      ["another type", (response) => response.writeHead(200, { "content-type": "text/html" }).end("hello")],
      [
        "nonsense",
        (response) =>
          response.writeHead(200, { "content-type": "application/timestamp-reply" }).end("nonsense"),
      ],
      [
        "a stamp for another request",
        (response) =>
          response
            .writeHead(200, { "content-type": "application/timestamp-reply" })
            .end(authority.reply(timeStampRequest(data, integer(Buffer.from([7]))))),
      ],
    ])("stores nothing of an authority that responds with %s [AUD-7]", async (_what, misbehave) => {
      authority.misbehave = misbehave;
      start();
      await log.append(10);
      await vi.waitFor(() => expect(failures[0]).toEqual(refusal), { timeout: 20_000 });
      expect(await log.query("SELECT 1 FROM gateway_audit_checkpoints WHERE time_stamp IS NOT NULL")).toEqual(
        [],
      );
    });
  });

  it("refuses a certificate that is not for time stamping [AUD-7]", () => {
    const { token, nonce } = stamp(authority);
    const { folder } = authority;
    // `openssl ts` does not sign with such a one, so the same TSTInfo is signed as CMS.
    const [, wrapped] = readDer(readDer(token)[0]!.content);
    const encapsulated = readDer(readDer(wrapped!.content)[0]!.content)[2]!;
    const [content] = readDer(readDer(encapsulated.content)[1]!.content);
    writeFileSync(join(folder, "info.der"), content!.content);
    const signedWith = (certificate: string): Buffer =>
      authority.openssl(
        ...["cms", "-sign", "-cades", "-binary", "-nodetach", "-md", "sha256", "-outform", "DER"].concat(
          ["-econtent_type", "1.2.840.113549.1.9.16.1.4", "-in", "info.der"],
          ["-signer", certificate, "-inkey", "tsa.key"],
        ),
      );
    const trusted = [authority.root];
    expect(verifyTimeStamp(signedWith("tsa.pem"), { data, nonce }, trusted).authority).toBe(
      "CN=Test Authority",
    );
    expect(() => verifyTimeStamp(signedWith("serving.pem"), { data, nonce }, trusted)).toThrow(
      "not for time stamping",
    );
  });
});
