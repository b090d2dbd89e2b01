import { contentOf, TAG, within, type DerValue } from "@sark/certificates/der";

/** Attribute types by their object identifier in hex, as OpenSSL abbreviates them. */
const TYPES: ReadonlyMap<string, string> = new Map([
  ["550403", "CN"],
  ["550404", "SN"],
  ["550405", "serialNumber"],
  ["550406", "C"],
  ["550407", "L"],
  ["550408", "ST"],
  ["550409", "street"],
  ["55040a", "O"],
  ["55040b", "OU"],
  ["55040c", "title"],
  ["55042a", "GN"],
  ["0992268993f22c640101", "UID"],
  ["0992268993f22c640119", "DC"],
  ["2a864886f70d010901", "emailAddress"],
]);

const TEXTS: ReadonlySet<number> = new Set([TAG.utf8String, TAG.printableString, TAG.ia5String]);

/**
 * A name as `openssl x509 -nameopt RFC2253` writes it, the last part first: `CN=alice,OU=Ops,O=Example\, Inc.`. `null` for a name that is
 * empty, or has parts that are written in more than one way: several in one place, types without a name, texts in rare encodings.
 */
export function distinguishedName(name: DerValue | undefined): string | null {
  const parts = within(name, TAG.sequence).map(partOf);
  return parts.length === 0 || parts.includes(null) ? null : parts.toReversed().join(",");
}

function partOf(set: DerValue): string | null {
  const [attribute, ...others] = within(set, TAG.set);
  const [id, value, ...more] = within(attribute, TAG.sequence);
  const type = TYPES.get(contentOf(id, TAG.oid).toString("hex"));
  if (type === undefined || value === undefined || others.length + more.length > 0 || !TEXTS.has(value.tag)) {
    return null;
  }
  return `${type}=${escaped(value.content)}`;
}

/** RFC 2253, section 2.4; bytes that are no printable ASCII in hex, so that a name has one spelling, whatever it holds. */
function escaped(bytes: Buffer): string {
  const last = bytes.length - 1;
  return [...bytes]
    .map((byte, at) => {
      const character = String.fromCharCode(byte);
      if (byte < 0x20 || byte > 0x7e) {
        return `\\${byte.toString(16).toUpperCase().padStart(2, "0")}`;
      }
      const isAtEdge = (at === 0 && /[ #]/.test(character)) || (at === last && character === " ");
      return isAtEdge || /[,+"\\<>;]/.test(character) ? `\\${character}` : character;
    })
    .join("");
}
