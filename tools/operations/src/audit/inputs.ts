import { X509Certificate } from "node:crypto";
import { createReadStream } from "node:fs";
import { createGunzip } from "node:zlib";
import { createKeySet, parseKeySet, TransparencyLogError, type KeySet } from "@sark/audit/transparency-log";
import { createAuditorPool, verifyOnline, type Verification } from "@sark/audit/verification";
import { formatCount } from "../terminal/style.ts";
import { CommandError, EXIT } from "../exit-code.ts";
import { localDatabaseUrl } from "../local-gateway.ts";
import type { ToolContext } from "../tool-context.ts";
import { readInput, type UnreadInput } from "./read-input.ts";

type AuditorPool = ReturnType<typeof createAuditorPool>;

/** Of a file of keys or certificates, each of which has a few hundred bytes. */
const MAX_MEBIBYTES = 16;

const VKEY = /^[^+]+\+[0-9a-f]{8}\+/;

/** `--key`: each a verifier key, or a file of them. */
export async function readKeys(values: readonly string[]): Promise<KeySet> {
  const lists = await Promise.all(
    values.map(async (value) => {
      const isKey = VKEY.test(value);
      const text = isKey ? value : await readText(value, "--key");
      try {
        return parseKeySet(text).keys;
      } catch (cause) {
        if (!(cause instanceof TransparencyLogError)) {
          throw cause;
        }
        throw new CommandError(EXIT.usage, isKey ? `--key: ${cause.message}` : `${value}: ${cause.message}`, {
          cause,
        });
      }
    }),
  );
  const byVkey = new Map(lists.flat().map((trusted) => [trusted.key.vkey, trusted]));
  return createKeySet([...byVkey.values()]);
}

/** `--time-stamp-authority`: PEM files of one or more certificates each. */
export async function readCertificates(files: readonly string[]): Promise<X509Certificate[]> {
  const texts = await Promise.all(
    files.map(async (file) => [file, await readText(file, "certificates")] as const),
  );
  return texts.flatMap(([file, text]) => {
    const blocks = text.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [];
    try {
      if (blocks.length === 0) {
        throw new Error("no certificate");
      }
      return blocks.map((pem) => new X509Certificate(pem));
    } catch (cause) {
      throw new CommandError(EXIT.usage, `${file} holds no certificate in PEM.`, { cause });
    }
  });
}

/** An export's bytes, from a file or `-` for standard input; unpacked when its name ends in `.gz`. */
export function openExport(file: string, { process }: ToolContext): AsyncIterable<Uint8Array> {
  if (file === "-") {
    return process.stdin;
  }
  const stream = createReadStream(file, { highWaterMark: 1024 * 1024 });
  if (!file.endsWith(".gz")) {
    return stream;
  }
  const unpacked = createGunzip();
  stream.on("error", (error) => unpacked.destroy(error));
  return stream.pipe(unpacked);
}

/** One connection to the audit database: of `--database-url`, `DATABASE_URL`, or embedded in a gateway on this machine. */
export function openDatabase(flag: string | undefined, { process }: ToolContext): AuditorPool {
  const url = flag ?? (process.env["DATABASE_URL"] || localDatabaseUrl(process.env));
  if (url === null) {
    throw new CommandError(
      EXIT.usage,
      "Say which log: --database-url URL (or DATABASE_URL), or --export FILE. A gateway with an embedded database is found while it runs, by SARK_DATA_DIRECTORY or in .sark.",
    );
  }
  if (!/^postgres(ql)?:\/\//.test(url) || !URL.canParse(url)) {
    // The URL itself may hold a password: it is not repeated.
    throw new CommandError(EXIT.usage, "--database-url should look like postgres://user@host:5432/database.");
  }
  return createAuditorPool(url);
}

/** Verifies the log in its database, and says how far it has come. */
export async function verifyDatabase(
  url: string | undefined,
  context: ToolContext,
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

async function readText(file: string, what: string): Promise<string> {
  try {
    return await readInput(file, MAX_MEBIBYTES);
  } catch (cause) {
    const { reason } = cause as UnreadInput;
    throw new CommandError(EXIT.usage, `${what}: cannot read ${file} (${reason}).`, { cause });
  }
}
