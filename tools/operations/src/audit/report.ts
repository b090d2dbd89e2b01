import type { Finding, Verification } from "@sark/audit/verification";
import { formatCount, formatNumberOf, type Style } from "../terminal/style.ts";
import { formatTwoColumns } from "../terminal/two-columns.ts";
import { oneLine } from "../terminal/printable.ts";

/** What a verification found, for people. */
export function formatReport(verification: Verification, style: Style, remembered: number | null): string {
  const { ok, result, findings, checkpoint } = verification;
  const lines: [string, string][] = [];
  if (checkpoint !== null) {
    lines.push(["log", checkpoint.origin]);
    lines.push(["checkpoint", `of ${formatCount(checkpoint.size)} events, root ${checkpoint.root}`]);
    for (const vkey of checkpoint.signedBy) {
      lines.push(["signed by", vkey]);
    }
    for (const { name, time } of checkpoint.witnessedBy) {
      lines.push(["witnessed", `by ${name} at ${time}`]);
    }
    const stamp = checkpoint.timeStamp;
    if (stamp !== null) {
      lines.push(["time stamp", `${stamp.time} by ${stamp.authority}`]);
    }
  }
  if (ok) {
    lines.push(["verified", events(verification.events)]);
    if (verification.uncovered > 0) {
      lines.push(["not covered", `${events(verification.uncovered)} committed since`]);
    }
    if (verification.purged > 0) {
      lines.push(["dropped", `${events(verification.purged)}, by retention, on record`]);
    }
    if (verification.unsignedRecords > 0) {
      lines.push([
        "unsigned",
        `${formatCount(verification.unsignedRecords)} records of purges and erasures, taken on the word of the database`,
      ]);
    }
    if (verification.skipped > 0) {
      lines.push(["left out", `${events(verification.skipped)} that are not in this export`]);
    }
    if (remembered !== null) {
      lines.push(["remembered", `continues the tree of ${events(remembered)}`]);
    }
  }
  const facts = formatTwoColumns(
    lines.map(([name, value]) => ({ name, value: oneLine(value) })),
    style,
    { paintName: style.faint },
  )
    .map((line) => `${line}\n`)
    .join("");
  if (ok) {
    return `${facts}${style.good("OK")}: the log is as it was signed.\n`;
  }
  return result === "nothing_to_verify"
    ? `${facts}${style.bad("NOTHING TO VERIFY")}: there is no event that a checkpoint vouches for. A log that is new looks like this, and one that was emptied: --remember and --at-least tell which.\n`
    : `${facts}${style.bad("NOT AS SIGNED")}: the first bad position comes first.\n${findings.map((finding) => formatFinding(finding, style)).join("")}`;
}

function formatFinding({ kind, seq, before, message }: Finding, style: Style): string {
  const place =
    seq === null ? "" : before === undefined ? ` at seq ${seq}` : ` between seq ${seq} and ${before - 1}`;
  return `  ${style.bad(kind.replaceAll("_", " "))}${place}: ${oneLine(message)}\n`;
}

function events(count: number): string {
  return formatNumberOf(count, "event");
}
