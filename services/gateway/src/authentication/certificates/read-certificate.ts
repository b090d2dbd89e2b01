import { contentOf, readDer, TAG, within, type DerValue } from "@sark/certificates/der";
import { distinguishedName } from "./distinguished-name.ts";

/** What a certificate says of its owner. */
export interface CertificateNames {
  /** As `openssl x509 -subject -nameopt RFC2253` writes it; `null` where it cannot be written in one way. */
  readonly subject: string | null;
  /** Of its subject alternative names; each as it stands there, in ASCII. */
  readonly uris: readonly string[];
  readonly dnsNames: readonly string[];
  readonly emails: readonly string[];
  /** Whether it may sign certificates or revocation lists. */
  readonly isAuthority: boolean;
}

const EXTENSION = { keyUsage: "551d0f", alternativeNames: "551d11", basicConstraints: "551d13" } as const;
/** RFC 5280, section 4.2.1.3, from the first bit on. */
const SIGNS = { certificates: 5, lists: 6 } as const;
const GENERAL_NAME = { email: TAG.primitive(1), dns: TAG.primitive(2), uri: TAG.primitive(6) } as const;

/** Reads a certificate that TLS has verified (RFC 5280, section 4.1). Throws `RangeError` for what can be read in more than one way. */
export function readCertificate(der: Buffer): CertificateNames {
  const [certificate, ...others] = readDer(der);
  if (others.length > 0) {
    throw new RangeError("more than a certificate");
  }
  const fields = within(within(certificate, TAG.sequence)[0], TAG.sequence);
  // The version, which may be missing, comes first.
  const at = fields[0]?.tag === TAG.constructed(0) ? 1 : 0;
  const extensions = extensionsOf(fields.find(({ tag }) => tag === TAG.constructed(3)));
  const names = alternativeNames(extensions.get(EXTENSION.alternativeNames));
  return {
    subject: distinguishedName(fields[at + 4]),
    uris: textsOf(names, GENERAL_NAME.uri),
    dnsNames: textsOf(names, GENERAL_NAME.dns),
    emails: textsOf(names, GENERAL_NAME.email),
    isAuthority: isAuthority(extensions),
  };
}

function extensionsOf(field: DerValue | undefined): ReadonlyMap<string, Buffer> {
  const extensions = new Map<string, Buffer>();
  if (field === undefined) {
    return extensions;
  }
  const [list] = within(field, TAG.constructed(3));
  for (const extension of within(list, TAG.sequence)) {
    const parts = within(extension, TAG.sequence);
    const id = contentOf(parts[0], TAG.oid).toString("hex");
    if (extensions.has(id)) {
      throw new RangeError("an extension stands there twice");
    }
    extensions.set(id, contentOf(parts.at(-1), TAG.octetString));
  }
  return extensions;
}

function alternativeNames(extension: Buffer | undefined): readonly DerValue[] {
  return extension === undefined ? [] : within(onlyOne(extension), TAG.sequence);
}

/** Text of ASCII alone: other bytes would be read in one way here, and in another one there. */
function textsOf(names: readonly DerValue[], tag: number): string[] {
  return names
    .filter((name) => name.tag === tag)
    .map(({ content }) => {
      const text = content.toString("latin1");
      if (!/^[\x21-\x7e]+$/.test(text)) {
        throw new RangeError("a name that is not printable ASCII");
      }
      return text;
    });
}

function isAuthority(extensions: ReadonlyMap<string, Buffer>): boolean {
  const constraints = extensions.get(EXTENSION.basicConstraints);
  const usage = extensions.get(EXTENSION.keyUsage);
  const [ca] = constraints === undefined ? [] : within(onlyOne(constraints), TAG.sequence);
  const bits = usage === undefined ? Buffer.of(0) : contentOf(onlyOne(usage), TAG.bitString).subarray(1);
  const has = (bit: number) => ((bits[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) !== 0;
  return (ca?.tag === TAG.boolean && ca.content[0] !== 0) || has(SIGNS.certificates) || has(SIGNS.lists);
}

function onlyOne(bytes: Buffer): DerValue | undefined {
  const [value, ...others] = readDer(bytes);
  if (others.length > 0) {
    throw new RangeError("more than one value in an extension");
  }
  return value;
}
