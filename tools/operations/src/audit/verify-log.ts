import { openCheckpoint, TransparencyLogError, type KeySet } from "@sark/audit/transparency-log";
import { parseMemory, type verifyOnline, type Verification } from "@sark/audit/verification";
import { CommandError, EXIT } from "../exit-code.ts";
import { jsonLine } from "../terminal/printable.ts";
import { createProgress } from "../terminal/progress.ts";
import { styleFor } from "../terminal/style.ts";
import type { ToolContext } from "../tool-context.ts";
import { readCheckpoint } from "./checkpoint-file.ts";
import { readCertificates, readKeys } from "./inputs.ts";
import { readRemembered, remember } from "./remembered.ts";
import { formatReport } from "./report.ts";
import type { TrustFlags } from "./trust-flags.ts";

/** The same as verifiers take it. */
export type Trust = Omit<Parameters<typeof verifyOnline>[0], "pool" | "progress">;

const EXIT_CODES = {
  as_signed: EXIT.ok,
  not_as_signed: EXIT.finding,
  nothing_to_verify: EXIT.nothing,
} as const;

/** Verifies a log, wherever it is read from, says what was found, and remembers it for the next time. */
export async function verifyLog(
  context: ToolContext,
  flags: TrustFlags,
  verify: (trust: Trust, show: (progress: string) => void) => Promise<Verification>,
): Promise<void> {
  const { stdout, stderr, env } = context.process;
  if (flags.remember !== undefined && flags.checkpoint !== undefined) {
    throw new CommandError(EXIT.usage, "Give --remember or --checkpoint, not both.");
  }
  const keys = await readKeys(flags.key);
  const remembered = await readBefore(flags);
  const authorities = flags.timeStampAuthority ?? [];
  const trust = {
    keys,
    ...(flags.origin === undefined ? {} : { origin: flags.origin }),
    ...(flags.unsignedUntil === undefined ? {} : { unsignedUntil: flags.unsignedUntil }),
    ...(flags.atLeast === undefined ? {} : { atLeast: flags.atLeast }),
    ...(authorities.length === 0 ? {} : { timeStampAuthorities: await readCertificates(authorities) }),
  };
  const progress = createProgress(stderr);
  let verification: Verification;
  try {
    verification = await verify({ ...trust, remembered }, progress.update);
  } finally {
    progress.clear();
  }
  const { memory, ...shown } = verification;
  const { ok, result } = shown;
  if (ok && memory !== null && flags.remember !== undefined) {
    await remember(flags.remember, memory);
  }
  const before = remembered === null ? null : sizeOf(remembered, keys);
  context.process.exitCode = EXIT_CODES[result];
  stdout.write(flags.json ? jsonLine(shown) : formatReport(verification, styleFor(stdout, env), before));
}

/** What the log has to continue. */
async function readBefore({ remember: file, checkpoint }: TrustFlags): Promise<string | null> {
  if (checkpoint !== undefined) {
    return readCheckpoint(checkpoint);
  }
  return file === undefined ? null : readRemembered(file);
}

function sizeOf(note: string, keys: KeySet): number | null {
  try {
    return openCheckpoint(parseMemory(note)?.note ?? "", keys).size;
  } catch (error) {
    if (error instanceof TransparencyLogError) {
      return null;
    }
    throw error;
  }
}
