import { execFileSync } from "node:child_process";
import { hash, X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAuthority, requireServer, type IssuedCertificate } from "@sark/testkit";
import { afterAll, describe, expect, it } from "vitest";
import type { ClientCertificate } from "@sark/authentication";
import { createCertificateCallers } from "./certificate-callers.ts";
import { certificatesSchema } from "./config.ts";
import { readCertificate } from "./read-certificate.ts";
import { readSpiffeId } from "./spiffe-id.ts";

const folder = mkdtempSync(join(tmpdir(), "sark-names-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const mesh = createAuthority(folder, "mesh");
let made = 0;
const issue = (extensions: readonly string[], subject?: string) =>
  mesh.issue(`c${(made += 1)}`, { extensions, ...(subject === undefined ? {} : { subject }) });
const derOf = ({ certFile }: IssuedCertificate) => new X509Certificate(readFileSync(certFile)).raw;

describe("SPIFFE ids of workloads [GTW-1]", () => {
  it.each(["spiffe://a.example/x", "spiffe://a_b-c.1/ns/x/sa/Y.Z_-", `spiffe://${"a".repeat(255)}/x`])(
    "%s",
    (uri) => {
      expect(readSpiffeId(uri)).not.toBeNull();
    },
  );
  it.each([
    "spiffe://a.example",
    "spiffe://a.example/",
    "spiffe://a.example/x/",
    "spiffe://a.example//x",
    "spiffe://a.example/x/../y",
    "spiffe://a.example/./x",
    "spiffe://a.example/x?y",
    "spiffe://a.example/x#y",
    "spiffe://a.example/%78",
    "spiffe://a.example/ü",
    "spiffe://a.example:8443/x",
    "spiffe://u@a.example/x",
    "spiffe://A.example/x",
    "SPIFFE://a.example/x",
    "spiffe:///x",
    "spiffe:a.example/x",
    "spiffe:/a.example/x",
    " spiffe://a.example/x",
    "spiffe://a.example/x\n",
    "https://a.example/x",
    `spiffe://${"a".repeat(256)}/x`,
    `spiffe://a.example/${"x".repeat(2_048)}`,
    "",
  ])("%s is none", (uri) => {
    expect(readSpiffeId(uri)).toBeNull();
  });
});

describe("names of certificates [GTW-1]", () => {
  it.each([
    "/C=DE/O=Example/CN=alice",
    '/O=A\\, "B" <x>;=y/CN= #both ends ',
    "/CN=#cl\\+1/OU=\\\\/L=Zürich/ST=日本",
    "/DC=org/DC=example/UID=alice/CN=alice/emailAddress=a@example.org/serialNumber=12",
  ])("have the subject that openssl writes: %s", (subject) => {
    const { certFile } = issue([], subject);
    const args = ["x509", "-noout", "-subject", "-nameopt", "RFC2253", "-in", certFile];
    const written = execFileSync(requireServer("openssl") ?? "", args, { encoding: "utf8" }).replace(
      /\n$/,
      "",
    );
    expect(`subject=${readCertificate(new X509Certificate(readFileSync(certFile)).raw).subject}`).toBe(
      written,
    );
  });

  it("have none that could be written in more than one way", () => {
    expect(readCertificate(derOf(issue([], "/O=x+CN=alice"))).subject).toBeNull();
    expect(readCertificate(derOf(issue([], "/businessCategory=x/CN=alice"))).subject).toBeNull();
    expect(readCertificate(derOf(issue(["subjectAltName = DNS:a"], "/"))).subject).toBeNull();
  });

  it("are of each kind apart, and none is hidden in another one", () => {
    const names = "URI:spiffe://a.example/x,DNS:A.example,email:a@b.example,IP:192.0.2.1,RID:1.2.3,dirName:d";
    const read = readCertificate(
      derOf(issue([`subjectAltName = ${names}`, "[d]", "CN = URI:spiffe://b.example/x"])),
    );
    expect(read).toMatchObject({
      uris: ["spiffe://a.example/x"],
      dnsNames: ["A.example"],
      emails: ["a@b.example"],
      isAuthority: false,
    });
  });

  it("are refused where another name could begin within one, or one is no ASCII", () => {
    for (const line of [
      "URI.1 = spiffe://a.example/x, URI:spiffe://b.example/y",
      "URI.1 = https://ü.example/",
    ]) {
      const certificate = issue(["subjectAltName = @names", "[names]", line]);
      expect(() => readCertificate(derOf(certificate))).toThrow(RangeError);
    }
  });

  it("refuse what is cut off, or has more than it says", () => {
    const der = derOf(issue(["subjectAltName = URI:spiffe://a.example/x"]));
    for (const bytes of [
      der.subarray(0, -1),
      Buffer.concat([der, der]),
      Buffer.alloc(0),
      Buffer.from([0x30, 0x80]),
    ]) {
      expect(() => readCertificate(bytes)).toThrow(RangeError);
    }
  });

  it("refuse an extension that stands there twice: two readers could each take another one", () => {
    const der = derOf(issue(["subjectAltName = URI:spiffe://a.example/x", "subjectKeyIdentifier = hash"]));
    const text = der.toString("latin1");
    const twice = text.replace("\x06\x03\x55\x1d\x0e", "\x06\x03\x55\x1d\x11");
    expect(twice).not.toBe(text);
    expect(() => readCertificate(Buffer.from(twice, "latin1"))).toThrow("twice");
  });

  it.each([
    ["basicConstraints = CA:TRUE", true],
    ["keyUsage = keyCertSign", true],
    ["keyUsage = cRLSign", true],
    ["keyUsage = digitalSignature,keyAgreement", false],
    ["basicConstraints = CA:FALSE", false],
  ])("say whether it signs others: %s", (extension, isAuthority) => {
    expect(readCertificate(derOf(issue([extension]))).isAuthority).toBe(isAuthority);
  });
});

describe("callers by their certificates [GTW-1]", () => {
  const authorities = certificatesSchema.parse([
    {
      name: "mesh",
      caFile: "ca.pem",
      trustDomains: [
        { trustDomain: "a.example", roles: ["any"] },
        { trustDomain: "a.example", path: "/ns/pay", tenant: "pay", attributes: { teams: ["pay"] } },
      ],
      callers: [
        { subject: "CN=alice,O=Example", principal: "alice", roles: ["developer"], tenant: "acme" },
        { uri: "spiffe://a.example/special", principal: "special", type: "agent" },
        { dns: "db.example", principal: "db", type: "agent" },
        { email: "bob@example.org", principal: "bob" },
      ],
    },
    { name: "other", caFile: "ca.pem" },
  ]);
  const callers = createCertificateCallers(authorities);
  const shown = (certificate: IssuedCertificate, authority: string | null = "mesh"): ClientCertificate => {
    const der = derOf(certificate);
    return { authority, problem: null, der, thumbprint: hash("sha256", der, "base64url") };
  };
  const principalOf = (extensions: readonly string[], subject?: string) =>
    callers.authenticate(shown(issue(extensions, subject))).principal;
  const san = (...names: string[]) => [`subjectAltName = ${names.join(",")}`];

  it("are SPIFFE ids, by the rule of the longest path", () => {
    expect(principalOf(san("URI:spiffe://a.example/ns/pay/sa/x"))).toEqual({
      id: "spiffe://a.example/ns/pay/sa/x",
      type: "agent",
      actor: null,
      tenant: "pay",
      roles: [],
      attributes: { teams: ["pay"] },
      method: "certificate",
    });
    expect(principalOf(san("URI:spiffe://a.example/ns/payments/x"))).toMatchObject({
      tenant: null,
      roles: ["any"],
    });
    expect(principalOf(san("URI:spiffe://a.example/ns/pay"))).toMatchObject({ tenant: "pay" });
  });

  it("are those whose names stand in the configuration", () => {
    expect(principalOf([], "/O=Example/CN=alice")).toMatchObject({
      id: "alice",
      type: "user",
      tenant: "acme",
    });
    expect(principalOf(san("URI:spiffe://a.example/special"))).toMatchObject({ id: "special", roles: [] });
    expect(principalOf(san("DNS:DB.example", "DNS:x.example"))).toMatchObject({ id: "db" });
    expect(principalOf(san("email:bob@example.org"))).toMatchObject({ id: "bob" });
  });

  it("get one object for one certificate", () => {
    const certificate = issue(san("DNS:db.example"));
    expect(callers.authenticate(shown(certificate))).toBe(callers.authenticate(shown(certificate)));
    expect(callers.authenticate(shown(issue(san("DNS:db.example"))))).not.toBe(
      callers.authenticate(shown(certificate)),
    );
  });

  it.each<[string, readonly string[], string?]>([
    ["another subject", [], "/CN=alice"],
    ["the subject in another order", [], "/CN=alice/O=Example"],
    ["the subject with a part more", [], "/O=Example/OU=x/CN=alice"],
    ["a name in the subject alone", [], "/CN=db.example"],
    ["a wildcard", san("DNS:*.example")],
    ["an e-mail address in another case", san("email:Bob@example.org")],
    ["names of two callers", san("DNS:db.example", "email:bob@example.org")],
    ["another trust domain", san("URI:spiffe://b.example/x")],
    ["a trust domain of which this is the beginning", san("URI:spiffe://a.example.org/x")],
    ["a SPIFFE id of no workload", san("URI:spiffe://a.example")],
    ["a SPIFFE id in another case", san("URI:SPIFFE://a.example/x")],
    ["two SPIFFE ids", san("URI:spiffe://a.example/x", "URI:spiffe://a.example/y")],
    ["a SPIFFE id and another URI", san("URI:spiffe://a.example/special", "URI:https://x.example")],
    ["a bad SPIFFE id and a good name", san("URI:spiffe://a.example/x?y", "DNS:db.example")],
    ["a SPIFFE id that is too long for an id", san(`URI:spiffe://a.example/${"x".repeat(200)}`)],
    ["a SPIFFE id, and the right to sign", [...san("URI:spiffe://a.example/x"), "keyUsage = keyCertSign"]],
  ])("are not those with %s", (_what, extensions, subject) => {
    expect(() => principalOf(extensions, subject)).toThrow(
      expect.objectContaining({ code: "unknown_certificate", status: 401 }),
    );
  });

  it("are none of another authority, of several, or of none", () => {
    const certificate = issue(san("URI:spiffe://a.example/x"));
    expect(callers.authenticate(shown(certificate)).principal.id).toBe("spiffe://a.example/x");
    for (const authority of ["other", null, "constructor"]) {
      expect(() => callers.authenticate(shown(certificate, authority))).toThrow(
        expect.objectContaining({ code: "unknown_certificate" }),
      );
    }
  });

  it.each([
    ["untrusted", "untrusted_certificate", 401, true],
    ["expired", "expired_certificate", 401, true],
    ["revoked", "revoked_certificate", 401, true],
    ["revocation_unknown", "revocation_unknown", 503, false],
    ["outdated", "outdated_connection", 401, false],
  ] as const)("are not known by one that is %s: %s %i", (problem, code, status, isFailure) => {
    const certificate = { ...shown(issue(san("DNS:db.example"))), problem };
    expect(() => callers.authenticate(certificate)).toThrow(
      expect.objectContaining({ code, status, isFailure }),
    );
    // Not because it was known a moment ago, either.
    callers.authenticate({ ...certificate, problem: null });
    expect(() => callers.authenticate(certificate)).toThrow(expect.objectContaining({ code }));
  });
});
