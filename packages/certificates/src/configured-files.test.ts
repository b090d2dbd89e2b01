import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { CERTIFICATE_SETTINGS, certificateFilesIn, certificateFilesOfDatabase } from "./configured-files.ts";

it("finds the files of every section, under the names of their entries [HLT-1]", () => {
  const found = certificateFilesIn({
    http: { tls: { certFile: "own.pem", keyFile: "own.key" } },
    authentication: { certificates: [{ name: "mesh", caFile: "mesh.pem", crlFile: "mesh.crl" }] },
    upstreams: [{ name: "crm", caFile: "crm.pem", oauth: { caFile: "issuer.pem" } }, { name: "plain" }],
    audit: { timeStampAuthorities: [{ url: "http://tsa", certificateFiles: ["a.pem", "b.pem"] }] },
    redis: null,
  });
  expect(found.map(({ name, path, role }) => `${role} ${name} ${path}`)).toEqual([
    "own http.tls.certFile own.pem",
    "authority authentication.certificates.mesh.caFile mesh.pem",
    "revocation_list authentication.certificates.mesh.crlFile mesh.crl",
    "authority upstreams.crm.caFile crm.pem",
    "authority upstreams.crm.oauth.caFile issuer.pem",
    "authority audit.timeStampAuthorities.0.certificateFiles.0 a.pem",
    "authority audit.timeStampAuthorities.0.certificateFiles.1 b.pem",
  ]);
});

it("finds those in the address of the database [HLT-1]", () => {
  const url =
    "postgresql://sark@db/sark?sslmode=verify-full&sslrootcert=/etc/ca.pem&sslcert=/etc/own.pem&sslkey=/k";
  expect(certificateFilesOfDatabase(url).map(({ name, path }) => [name, path])).toEqual([
    ["database.url.sslcert", "/etc/own.pem"],
    ["database.url.sslrootcert", "/etc/ca.pem"],
  ]);
  expect(certificateFilesOfDatabase("/var/run/postgresql")).toEqual([]);
});

it("knows each setting of the reference that is a file of certificates [HLT-1]", () => {
  const root = join(import.meta.dirname, "../../..");
  const pages = globSync("docs/reference/{,metrics-service/}configuration.md", { cwd: root });
  expect(pages).toHaveLength(2);
  const text = pages.map((page) => readFileSync(join(root, page), "utf8")).join("\n");
  const files = [...text.matchAll(/^\| `([^`]+)` \|.*$/gm)].filter(
    ([row, path = ""]) => /Files?$/.test(path) && !/Keys?File/i.test(path) && row.includes("PEM"),
  );
  const names = new Set(files.map(([, path = ""]) => path.split(".").at(-1)));
  expect(names).toEqual(new Set(Object.keys(CERTIFICATE_SETTINGS)));
});
