import { X509Certificate } from "node:crypto";
import { contentOf, readDer, TAG, within, type DerValue } from "./der.ts";
import type { CertificateFile } from "./configured-files.ts";
import type { Period } from "./standing.ts";

const BLOCK = (label: string) =>
  new RegExp(`-----BEGIN (?:[A-Z0-9]+ )?${label}-----([^-]+)-----END (?:[A-Z0-9]+ )?${label}-----`, "g");
const UTC_TIME = 0x17;
const GENERALIZED_TIME = 0x18;

/** The periods of what a file holds, those only that matter. Throws where it holds nothing that can be read. */
export function readPeriods(file: Buffer, role: CertificateFile["role"]): Period[] {
  if (role === "revocation_list") {
    return [...file.toString("latin1").matchAll(BLOCK("CRL"))].flatMap(([, base64 = ""]) => {
      const period = periodOfList(Buffer.from(base64, "base64"));
      return period === null ? [] : [period];
    });
  }
  const blocks = file.toString("latin1").match(BLOCK("CERTIFICATE"));
  const certificates = (blocks ?? [file]).map((block) => new X509Certificate(block));
  // A peer finds roots among its own: that of a chain may end.
  const counted =
    role === "own" ? certificates.filter((one, at) => at === 0 || !isSelfIssued(one)) : certificates;
  const periods = counted.filter((one) => !isReplaced(one, counted)).map(periodOf);
  // Machines come with authorities that ended years ago: such a file is of no use when the last one has.
  return role === "trust_store" ? periods.toSorted((one, other) => other.to - one.to).slice(0, 1) : periods;
}

export function periodOf({ validFromDate, validToDate }: X509Certificate): Period {
  return { from: validFromDate.getTime(), to: validToDate.getTime() };
}

function isSelfIssued({ subject, issuer }: X509Certificate): boolean {
  return subject === issuer;
}

/** While an authority is renewed, its file holds the former certificate, too. */
function isReplaced(one: X509Certificate, all: readonly X509Certificate[]): boolean {
  return all.some(
    (other) =>
      other.subject === one.subject &&
      other.validToDate.getTime() > one.validToDate.getTime() &&
      other.ca === one.ca,
  );
}

/** RFC 5280, section 5.1: from `thisUpdate` to `nextUpdate`; `null` for a list that is good without end. */
function periodOfList(der: Buffer): Period | null {
  const fields = within(within(readDer(der)[0], TAG.sequence)[0], TAG.sequence);
  const [from, to] = fields.filter(({ tag }) => tag === UTC_TIME || tag === GENERALIZED_TIME);
  return from === undefined || to === undefined ? null : { from: timeOf(from), to: timeOf(to) };
}

function timeOf(value: DerValue): number {
  const text = contentOf(value, value.tag).toString("latin1");
  const [, year = "", rest = ""] =
    (value.tag === UTC_TIME ? /^(\d{2})(\d{10})Z$/ : /^(\d{4})(\d{10})Z$/).exec(text) ?? [];
  const [month, day, hour, minute, second] = rest.match(/\d{2}/g) ?? [];
  const century = value.tag === GENERALIZED_TIME ? "" : Number(year) < 50 ? "20" : "19";
  const time = Date.parse(`${century}${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  if (Number.isNaN(time)) {
    throw new RangeError("no time of a revocation list");
  }
  return time;
}
