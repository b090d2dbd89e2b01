import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { requireServer } from "../required-server.ts";

export interface IssueOptions {
  /** As `openssl req -subj` takes it. Default: `/CN=<name>`. */
  readonly subject?: string;
  /** Lines of the section of extensions, as `subjectAltName = DNS:localhost`. Default: none. */
  readonly extensions?: readonly string[];
  /** Hours from now until it ends; negative: it has ended. Default: 24. */
  readonly hours?: number;
  /** Hours from now until it begins. Default: 48 ago. */
  readonly begins?: number;
  /** Arguments of `openssl genpkey`. Default: P-256. */
  readonly key?: readonly string[];
}

export interface IssuedCertificate {
  readonly certFile: string;
  readonly keyFile: string;
  /** With the certificates of the authorities above it, apart from the root. */
  readonly chainFile: string;
}

/** A certificate authority of `openssl ca`. */
export interface CertificateAuthority extends IssuedCertificate {
  issue(name: string, options?: IssueOptions): IssuedCertificate;
  /** An authority that this one vouches for. */
  intermediate(name: string): CertificateAuthority;
  revoke(certificate: IssuedCertificate): void;
  /** Writes a revocation list that is valid for so many hours, negative: until then; returns its path. */
  revocationList(hours?: number): string;
}

const CONFIG = `
[ca]
default_ca = own
[own]
database = index.txt
serial = serial
crlnumber = crlnumber
new_certs_dir = .
default_md = sha256
policy = any
preserve = yes
unique_subject = no
crl_extensions = crl
[any]
countryName = optional
stateOrProvinceName = optional
localityName = optional
organizationName = optional
organizationalUnitName = optional
commonName = optional
emailAddress = optional
userId = optional
domainComponent = optional
serialNumber = optional
businessCategory = optional
[crl]
authorityKeyIdentifier = keyid
[req]
distinguished_name = dn
string_mask = utf8only
[dn]
`;
const P256 = ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"];
const AS_AUTHORITY = [
  "basicConstraints = critical,CA:TRUE",
  "keyUsage = critical,keyCertSign,cRLSign",
  "subjectKeyIdentifier = hash",
];

/** Makes a root in a folder of its own below `parent`. */
export function createAuthority(parent: string, name: string): CertificateAuthority {
  const folder = join(parent, name);
  prepare(folder);
  const keyFile = makeKey(folder, "ca", P256);
  writeFileSync(join(folder, "ca.ext"), AS_AUTHORITY.join("\n"));
  openssl(folder, [
    "req",
    "-new",
    "-config",
    "openssl.cnf",
    "-key",
    keyFile,
    "-subj",
    `/CN=${name}`,
    "-out",
    "ca.csr",
  ]);
  // prettier-ignore
  openssl(folder, ["ca", "-batch", "-config", "openssl.cnf", "-selfsign", "-keyfile", keyFile, "-in", "ca.csr",
    "-extfile", "ca.ext", "-notext", "-out", "ca.pem", ...period(-72, 72)]);
  return authority(
    folder,
    { certFile: join(folder, "ca.pem"), keyFile, chainFile: join(folder, "ca.pem") },
    [],
  );
}

function authority(
  folder: string,
  own: IssuedCertificate,
  /** PEM of those between this one and the root, this one included. */
  above: readonly string[],
): CertificateAuthority {
  const signing = ["-config", "openssl.cnf", "-cert", own.certFile, "-keyfile", own.keyFile];

  function issue(name: string, options: IssueOptions = {}): IssuedCertificate {
    const { subject = `/CN=${name}`, extensions = [], hours = 24, begins = -48, key = P256 } = options;
    const file = (end: string) => join(folder, `${name}.${end}`);
    const keyFile = makeKey(folder, name, key);
    writeFileSync(file("ext"), extensions.join("\n"));
    // prettier-ignore
    openssl(folder, ["req", "-new", "-config", "openssl.cnf", "-utf8", "-key", keyFile, "-subj", subject, "-out", file("csr")]);
    // prettier-ignore
    openssl(folder, ["ca", "-batch", "-preserveDN", ...signing, "-in", file("csr"), "-extfile", file("ext"), "-notext", "-out", file("pem"),
      ...period(begins, hours)]);
    writeFileSync(file("chain.pem"), [readFileSync(file("pem"), "utf8"), ...above].join(""));
    return { certFile: file("pem"), keyFile, chainFile: file("chain.pem") };
  }

  return {
    ...own,
    issue,
    intermediate(name) {
      const issued = issue(name, { extensions: AS_AUTHORITY, hours: 72 });
      const below = join(folder, name);
      prepare(below);
      return authority(below, issued, [readFileSync(issued.certFile, "utf8"), ...above]);
    },
    revoke: ({ certFile }) => void openssl(folder, ["ca", ...signing, "-revoke", certFile]),
    revocationList(hours = 24) {
      const path = join(folder, "crl.pem");
      // prettier-ignore
      openssl(folder, ["ca", ...signing, "-gencrl", "-out", path, "-crl_lastupdate", time(Math.min(hours, 0) - 48),
        "-crl_nextupdate", time(hours)]);
      return path;
    },
  };
}

function prepare(folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of [
    ["openssl.cnf", CONFIG],
    ["index.txt", ""],
    ["serial", "1000\n"],
    ["crlnumber", "1000\n"],
  ] as const) {
    writeFileSync(join(folder, name), text);
  }
}

function makeKey(folder: string, name: string, options: readonly string[]): string {
  const path = join(folder, `${name}.key`);
  if (!existsSync(path)) {
    openssl(folder, ["genpkey", ...options, "-out", path]);
  }
  return path;
}

function period(begins: number, ends: number): string[] {
  return ["-startdate", time(begins), "-enddate", time(ends)];
}

/** As ASN.1 writes it in four digits of the year. */
function time(hours: number): string {
  return new Date(Date.now() + hours * 3_600_000).toISOString().replaceAll(/[-:T]|\.\d+/g, "");
}

function openssl(folder: string, args: readonly string[]): string {
  const program = requireServer("openssl");
  if (program === null) {
    throw new Error("openssl is missing: certificates are made by it");
  }
  const { status, stdout, stderr } = spawnSync(program, args, { cwd: folder, encoding: "utf8" });
  if (status !== 0) {
    throw new Error(`openssl ${args[0]}: ${stderr}`);
  }
  return stdout;
}
