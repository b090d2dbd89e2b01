import { CommandError, EXIT } from "../exit-code.ts";
import { defineCommand } from "../frame/define-command.ts";
import { formatCount } from "../terminal/style.ts";
import type { ToolContext } from "../tool-context.ts";
import { verificationOutput } from "./output.ts";
import { trustFlags, type TrustFlags } from "./trust-flags.ts";

interface VerifyFlags extends TrustFlags {
  readonly databaseUrl?: string;
  readonly export?: string;
  readonly complete: boolean;
}

const text = (value: string): string => value;

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
      ...trustFlags,
      complete: {
        kind: "boolean",
        default: false,
        brief: "Of an export: nothing may be left out but what retention dropped",
      },
    },
  },
  output: { shape: "object", schema: verificationOutput },
  docs: {
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

async function verify(this: ToolContext, flags: VerifyFlags): Promise<void> {
  const { export: file, databaseUrl } = flags;
  if (file !== undefined && databaseUrl !== undefined) {
    throw new CommandError(EXIT.usage, "Give --database-url or --export, not both.");
  }
  const [{ verifyExport }, { openExport, verifyDatabase }, { verifyLog }] = await Promise.all([
    import("@sark/audit/verification"),
    import("./inputs.ts"),
    import("./verify-log.ts"),
  ]);
  await verifyLog(this, flags, async (trust, show) =>
    file === undefined
      ? verifyDatabase(databaseUrl, this, trust, show)
      : verifyExport({
          ...trust,
          complete: flags.complete,
          input: openExport(file, this),
          progress: (done) => show(`${formatCount(done)} events …`),
        }),
  );
}
