import { openCheckpoint, TransparencyLogError, type KeySet } from "@sark/audit/transparency-log";
import { parseMemory, verifyExport, verifyOnline, type Verification } from "@sark/audit/verification";
import { CommandError, EXIT } from "../exit-code.ts";
import { createProgress } from "../terminal/progress.ts";
import { formatCount, styleFor } from "../terminal/style.ts";
import type { ToolContext } from "../tool-context.ts";
import { readCheckpoint } from "./checkpoint-file.ts";
import { openDatabase, openExport, readCertificates, readKeys } from "./inputs.ts";
import { readRemembered, remember } from "./remembered.ts";
import { formatReport } from "./report.ts";
import { jsonFlag } from "../flags.ts";
import { defineCommand } from "../frame/define-command.ts";
import { jsonLine } from "../terminal/printable.ts";

interface VerifyFlags {
  readonly databaseUrl?: string;
  readonly export?: string;
  readonly key: readonly string[];
  readonly origin?: string;
  readonly remember?: string;
  readonly checkpoint?: string;
  readonly timeStampAuthority?: readonly string[];
  readonly unsignedUntil?: number;
  readonly atLeast?: number;
  readonly complete: boolean;
  readonly json: boolean;
}

const text = (value: string): string => value;

function count(value: string): number {
  if (!/^(0|[1-9]\d{0,14})$/.test(value)) {
    throw new RangeError("must be a whole number");
  }
  return Number(value);
}

export const verifyCommand = defineCommand<VerifyFlags>({
  run: verify,
  parameters: {
    flags: {
      databaseUrl: {
        kind: "parsed",
        parse: text,
        optional: true,
        placeholder: "URL",
        brief: "PostgreSQL that holds the log; default DATABASE_URL",
      },
      export: {
        kind: "parsed",
        parse: text,
        optional: true,
        placeholder: "FILE",
        brief: "Verify this export instead, offline; - reads standard input, .gz is unpacked",
      },
      key: {
        kind: "parsed",
        parse: text,
        variadic: true,
        placeholder: "VKEY|FILE",
        brief: "Key to trust, or a file of them, one a line with from=SIZE and until=SIZE; may be repeated",
      },
      origin: {
        kind: "parsed",
        parse: text,
        optional: true,
        placeholder: "NAME",
        brief: "Name that the log must have",
      },
      remember: {
        kind: "parsed",
        parse: text,
        optional: true,
        placeholder: "FILE",
        brief:
          "Hold the log against what this file remembers, and have it remember the newest checkpoint when all is well",
      },
      checkpoint: {
        kind: "parsed",
        parse: text,
        optional: true,
        placeholder: "FILE",
        brief: "Hold the log against this checkpoint: a signed note, or an event log_checkpoint from a SIEM",
      },
      timeStampAuthority: {
        kind: "parsed",
        parse: text,
        variadic: true,
        optional: true,
        placeholder: "PEM",
        brief: "Certificates that time stamps (RFC 3161) have to lead to; without, stamps are not looked at",
      },
      unsignedUntil: {
        kind: "parsed",
        parse: count,
        optional: true,
        placeholder: "SEQ",
        brief:
          "Take records of purges and erasures below this number without a signature: an older version wrote them",
      },
      atLeast: {
        kind: "parsed",
        parse: count,
        optional: true,
        placeholder: "N",
        brief: "So many events were signed before, as a receipt or a SIEM says: fewer are a finding",
      },
      complete: {
        kind: "boolean",
        default: false,
        brief: "Of an export: nothing may be left out but what retention dropped",
      },
      json: jsonFlag,
    },
  },
  docs: {
    brief: "Verify the audit log in its database, or an export of it",
    description: `Verifies that every event is the one that was logged, at its place, that none is missing or was
inserted, and that the log continues what was remembered. Names the first event that is not as it was signed.`,
    examples: [
      "audit verify --key keys.txt --remember /var/lib/auditor/checkpoint",
      "audit verify --database-url postgres://auditor@db/sark --key sark.example/audit+530d903a+AekyeRr… --json",
      "audit verify --export audit.jsonl.gz --key keys.txt --complete",
      "audit verify --key keys.txt --checkpoint from-the-siem.json",
    ],
    exitCodes: {
      0: "the log is as it was signed",
      1: "it is not",
      2: "the command line is wrong",
      3: "it cannot be checked",
      4: "there is nothing to verify: the log is new, or was emptied (--remember and --at-least tell which)",
    },
  },
});

const EXIT_CODES = {
  as_signed: EXIT.ok,
  not_as_signed: EXIT.finding,
  nothing_to_verify: EXIT.nothing,
} as const;

async function verify(this: ToolContext, flags: VerifyFlags): Promise<void> {
  const { stdout, stderr, env } = this.process;
  if (flags.export !== undefined && flags.databaseUrl !== undefined) {
    throw new CommandError(EXIT.usage, "Give --database-url or --export, not both.");
  }
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
    verification =
      flags.export === undefined
        ? await verifyDatabase(this, flags.databaseUrl, { ...trust, remembered }, progress.update)
        : await verifyExport({
            ...trust,
            remembered,
            complete: flags.complete,
            input: openExport(flags.export, this),
            progress: (done) => progress.update(`${formatCount(done)} events …`),
          });
  } finally {
    progress.clear();
  }
  const { memory, ...shown } = verification;
  const { ok, result } = shown;
  if (ok && memory !== null && flags.remember !== undefined) {
    await remember(flags.remember, memory);
  }
  const before = remembered === null ? null : sizeOf(remembered, keys);
  this.process.exitCode = EXIT_CODES[result];
  stdout.write(flags.json ? jsonLine(shown) : formatReport(verification, styleFor(stdout, env), before));
}

/** What the log has to continue. */
async function readBefore({ remember: file, checkpoint }: VerifyFlags): Promise<string | null> {
  if (checkpoint !== undefined) {
    return readCheckpoint(checkpoint);
  }
  return file === undefined ? null : readRemembered(file);
}

async function verifyDatabase(
  context: ToolContext,
  url: string | undefined,
  options: Omit<Parameters<typeof verifyOnline>[0], "pool" | "progress">,
  show: (text: string) => void,
): Promise<Verification> {
  const pool = openDatabase(url, context);
  try {
    return await verifyOnline({
      ...options,
      pool,
      progress: (done, total) => show(`${formatCount(done)} of ${formatCount(total)} events …`),
    });
  } finally {
    await pool.end();
  }
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
