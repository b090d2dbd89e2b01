import { execFile, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  closeSync,
  existsSync,
  ftruncateSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { promisify } from "node:util";
import { gunzipSync } from "node:zlib";
import pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from "vitest";
import { createAuditLog } from "@sark/audit";
import { createLogBuilder, loadOrCreateSigner } from "@sark/audit/log-builder";
import { parseKeySet, verifyReceipt, type NoteSigner } from "@sark/audit/transparency-log";
import { createTestDatabase } from "@sark/testkit";
import { auditTool } from "./tool.ts";
import { runCaptured, type Said } from "../testing/run-captured.ts";
import { createAuditDatabase } from "@sark/audit/testing";

const ORIGIN = "sark.example/audit";
let database: Awaited<ReturnType<typeof createAuditDatabase>>;
let pool: pg.Pool;
let signer: NoteSigner;
let folder: string;
let keyFile: string;
const receipts = new Map<number, string>();

beforeAll(async () => {
  database = await createAuditDatabase("schema");
  folder = mkdtempSync(join(tmpdir(), "sark-audit-"));
  pool = new pg.Pool({ connectionString: database.url });
  pool.on("error", () => undefined);
  signer = await loadOrCreateSigner(join(folder, "key.pem"), ORIGIN);
  keyFile = join(folder, "keys.txt");
  writeFileSync(keyFile, `# the log's key\n${signer.key.vkey}\n`);
  await append(400);
});
afterAll(async () => {
  await pool.end();
  await database.drop();
  rmSync(folder, { recursive: true });
});

/** Records events and waits until they are signed. */
async function append(count: number): Promise<void> {
  const log = createAuditLog({ connectionString: database.url });
  const { rows } = await pool.query<{ next: string }>("SELECT next_seq AS next FROM gateway_audit_head");
  const target = Number(rows[0]?.next) + count;
  const events = await Promise.all(
    Array.from({ length: count }, (_none, at) =>
      log.record({
        event_type: "tool_invoke",
        user_id: `user-${at % 4}`,
        decision: "allow",
        reason: "permitted",
        timestamp: Date.now() / 1_000,
        gateway_request_id: `request-${at}`,
      }),
    ),
  );
  await log.close();
  const signed = Promise.withResolvers<void>();
  const builder = createLogBuilder({
    pool,
    signer,
    origin: ORIGIN,
    intervalMs: 10,
    observer: {
      checkpointSigned: ({ size }) => size === target && signed.resolve(),
      refused: signed.reject,
      failed: signed.reject,
    },
  });
  builder.start();
  await signed.promise;
  for (const { id, seq } of events.slice(0, 2)) {
    receipts.set(Number(seq), await builder.receipt(id));
  }
  await builder.close();
}

const audit = (
  args: readonly string[],
  options: {
    readonly tty?: boolean;
    readonly columns?: number;
    readonly env?: Record<string, string>;
    readonly stdin?: Readable;
  } = {},
): Promise<Said> => runCaptured(auditTool, args, { env: { DATABASE_URL: database.url }, ...options });

describe("audit verify", () => {
  it("shows nothing of a tampered event that steers the terminal [CLI-5]", async () => {
    await pool.query("UPDATE gateway_audit_events SET reason = U&'\\009b2J\\202e' WHERE seq = 5");
    const said = await audit(["verify", "--key", keyFile]);
    await pool.query("UPDATE gateway_audit_events SET reason = 'permitted' WHERE seq = 5");
    expect(said).toMatchObject({
      code: 1,
      out: expect.stringContaining('Column reason says " 2J "') as string,
    });
  });

  it("says what it proved and ends with 0 [AUD-7]", async () => {
    const said = await audit(["verify", "--key", keyFile]);
    expect(said).toMatchObject({ code: 0, err: "" });
    expect(said.out).toMatch(/^log +sark\.example\/audit$/m);
    expect(said.out).toMatch(/^checkpoint +of 400 events, root [A-Za-z0-9+/]{43}=$/m);
    expect(said.out).toContain(`signed by   ${signer.key.vkey}\n`);
    expect(said.out).toMatch(/^verified +400 events$/m);
    expect(said.out).toMatch(/\nOK: the log is as it was signed\.\n$/);
  });

  it("prints one object for scripts [AUD-7] [CLI-5]", async () => {
    const said = await audit(["verify", "--database-url", database.url, "--key", signer.key.vkey, "--json"], {
      env: {},
    });
    expect(said.code).toBe(0);
    expect(JSON.parse(said.out)).toMatchObject({
      ok: true,
      events: 400,
      findings: [],
      checkpoint: { size: 400 },
    });
  });

  it("ends with 4 where there is nothing to verify, and with 1 where it is known that there was [AUD-7]", async () => {
    const empty = await createAuditDatabase("schema");
    const of = ["verify", "--database-url", empty.url, "--key", keyFile];
    const said = await audit(of);
    expect(said).toMatchObject({ code: 4, err: "" });
    expect(said.out).toMatch(/^NOTHING TO VERIFY: there is no event that a checkpoint vouches for\./m);
    const json = await audit([...of, "--json"]);
    expect(json.code).toBe(4);
    expect(JSON.parse(json.out)).toMatchObject({ ok: false, result: "nothing_to_verify", findings: [] });
    const memory = join(folder, "remembered");
    await audit(["verify", "--key", keyFile, "--remember", memory]);
    expect((await audit([...of, "--remember", memory])).code).toBe(1);
    expect((await audit([...of, "--at-least", "1"])).out).toContain("rollback at seq 0");
    expect((await audit([...of, "--at-least", "-1"])).code).toBe(2);
    await empty.drop();
  });

  it("names the first event that was tampered with, and ends with 1 [AUD-7]", async () => {
    await pool.query("UPDATE gateway_audit_events SET user_id = 'alice' WHERE seq IN (123, 321)");
    const said = await audit(["verify", "--key", keyFile]);
    expect(said.code).toBe(1);
    expect(said.out).toContain("NOT AS SIGNED");
    expect(said.out).toMatch(
      /^ {2}altered at seq 123: Event .* Column user_id says "alice", the event's bytes say "user-3"/m,
    );
    const json = JSON.parse((await audit(["verify", "--key", keyFile, "--json"])).out) as unknown;
    expect(json).toMatchObject({ ok: false, findings: [{ kind: "altered", seq: 123 }] });
    await pool.query("UPDATE gateway_audit_events SET user_id = 'user-' || seq % 4");
  });

  it("holds the log against a checkpoint that a SIEM has, however it wraps it [AUD-7]", async () => {
    const { rows } = await pool.query<{ note: string; size: string }>(
      "SELECT note, size FROM gateway_audit_checkpoints WHERE note IS NOT NULL ORDER BY size LIMIT 1",
    );
    const note = rows[0]?.note ?? "";
    const event = { seq: -1, event_type: "log_checkpoint", metadata: { note, size: Number(rows[0]?.size) } };
    const file = join(folder, "from-the-siem");
    for (const text of [
      note,
      JSON.stringify(event),
      JSON.stringify({ result: { _raw: JSON.stringify({ event }) } }, null, 2),
      `${JSON.stringify({ event_type: "tool_invoke" })}\n${JSON.stringify({ json: event })}\n`,
    ]) {
      writeFileSync(file, text);
      const said = await audit(["verify", "--key", keyFile, "--checkpoint", file]);
      expect(said).toMatchObject({ code: 0, err: "" });
      expect(said.out).toContain(`continues the tree of ${rows[0]?.size} events`);
    }
    // Of a history that is not this one.
    const [origin = "", size = "", root = ""] = note.split("\n");
    const other = Buffer.from(root, "base64");
    other[0] = (other[0] ?? 0) ^ 1;
    const forked = `${origin}\n${size}\n${other.toString("base64")}\n`;
    const { name, keyId, signature } = signer.sign(forked);
    const id = Buffer.alloc(4);
    id.writeUInt32BE(keyId);
    const line = `\u2014 ${name} ${Buffer.concat([id, signature]).toString("base64")}\n`;
    writeFileSync(file, JSON.stringify({ note: `${forked}\n${line}` }));
    expect((await audit(["verify", "--key", keyFile, "--checkpoint", file])).code).toBe(1);
    for (const text of ["", "{}", JSON.stringify({ note: "no note" })]) {
      writeFileSync(file, text);
      expect(await audit(["verify", "--key", keyFile, "--checkpoint", file])).toMatchObject({
        code: 2,
        err: expect.stringContaining("holds neither a signed checkpoint nor an event") as string,
      });
    }
    expect(await audit(["verify", "--key", keyFile, "--checkpoint", file, "--remember", file])).toMatchObject(
      {
        code: 2,
      },
    );
    expect((await audit(["verify", "--key", keyFile, "--checkpoint", "/nowhere"])).code).toBe(2);
  });

  it("remembers what it verified, and holds the log against it the next time [AUD-7]", async () => {
    const file = join(folder, "remembered");
    expect((await audit(["verify", "--key", keyFile, "--remember", file])).code).toBe(0);
    const first = readFileSync(file, "utf8");
    expect(first).toMatch(/^sark\.example\/audit\n400\n/);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    await append(10);
    const second = await audit(["verify", "--key", keyFile, "--remember", file]);
    expect(second.out).toMatch(/^remembered +continues the tree of 400 events$/m);
    expect(readFileSync(file, "utf8")).toMatch(/^sark\.example\/audit\n410\n/);

    // An older export does not overwrite what is remembered.
    const older = join(folder, "older.jsonl");
    await audit(["export", "--output", older]);
    await append(10);
    await audit(["verify", "--key", keyFile, "--remember", file]);
    const third = await audit(["verify", "--key", keyFile, "--remember", file, "--export", older]);
    expect(third).toMatchObject({ code: 1, out: expect.stringContaining("rollback at seq 410") as string });
    expect(readFileSync(file, "utf8")).toMatch(/\n420\n/);

    // A memory that was emptied is not taken for the first time.
    writeFileSync(file, "");
    for (const log of [[], ["--export", older]]) {
      const emptied = await audit(["verify", "--key", keyFile, "--remember", file, ...log]);
      expect(emptied).toMatchObject({
        code: 1,
        out: expect.stringContaining("What is remembered does not count") as string,
      });
    }
    expect(readFileSync(file, "utf8")).toBe("");
    expect(await audit(["verify", "--key", keyFile, "--remember", "/nowhere/checkpoint"])).toMatchObject({
      code: 3,
      err: "audit: Verified, but cannot remember it in /nowhere/checkpoint (ENOENT).\n",
    });
  });

  it("shows progress and colours on a terminal only, and no colour against NO_COLOR [CLI-5]", async () => {
    const env = { DATABASE_URL: database.url };
    const terminal = await audit(["verify", "--key", keyFile], { tty: true, env });
    expect(terminal.out).toContain("\u001b[32mOK\u001b[0m");
    expect(terminal.err).toMatch(/events …/);
    expect(terminal.err.endsWith("\r\u001b[2K")).toBe(true);
    const plain = await audit(["verify", "--key", keyFile], {
      tty: true,
      columns: 200,
      env: { ...env, NO_COLOR: "1" },
    });
    expect(plain.out).not.toContain("\u001b");
    const piped = await audit(["verify", "--key", keyFile], { env });
    expect(piped.out).toBe(plain.out);
    expect(piped.err).toBe("");
  });

  it("says how large a file is that is larger than it reads, and reads a pipe within the same bound", async () => {
    const file = join(folder, "huge");
    const handle = openSync(file, "w");
    // More than a text may have. Nothing of it takes room on the disk.
    ftruncateSync(handle, 600 * 1024 * 1024);
    closeSync(handle);
    for (const [flags, limit] of [
      [["verify", "--key", file], 16],
      [["verify", "--key", keyFile, "--time-stamp-authority", file], 16],
      [["verify", "--key", keyFile, "--checkpoint", file], 64],
      [["verify", "--key", keyFile, "--remember", file], 1],
      [["receipt", "verify", file, "--key", keyFile], 64],
    ] as const) {
      const { code, err } = await audit([...flags]);
      expect([flags[0], code > 1, err]).toEqual([
        flags[0],
        true,
        expect.stringMatching(`annot read .*huge \\(it has 600.0 MiB, and at most ${limit} MiB are read\\)`),
      ]);
    }
    const { code, err } = await audit(["verify", "--key", "/dev/zero"]);
    expect([code, err]).toEqual([2, expect.stringContaining("(at most 16 MiB are read)")]);
  });

  it.each<[string, string[], RegExp]>([
    ["no key", ["verify"], /--key/],
    ["an unknown flag", ["verify", "--nope"], /--nope/],
    ["an unknown command", ["verfy"], /did you mean audit verify\?/],
    ["a key that is none", ["verify", "--key", "sark+00000000+AAAA"], /is no verifier key/],
    [
      "a key file that is not there",
      ["verify", "--key", "/nowhere/keys"],
      /cannot read \/nowhere\/keys \(ENOENT\)/,
    ],
    ["a key file without keys", ["verify", "--key", "/dev/null"], /no verifier key in the list/],
    [
      "a database and an export",
      ["verify", "--key", "KEY", "--database-url", "x", "--export", "y"],
      /not both/,
    ],
    [
      "a URL that is none",
      ["verify", "--key", "KEY", "--database-url", "mysql://me:secret@host"],
      /should look like/,
    ],
    [
      "certificates that are none",
      ["verify", "--key", "KEY", "--time-stamp-authority", "KEY"],
      /no certificate in PEM/,
    ],
    ["a filter that cannot be", ["export", "--from", "yesterday"], /from: /],
    ["a number that is none", ["export", "--from-seq", "1.5"], /"(?:1\.5|-1)" is no number of an event/],
    ["a number below zero", ["export", "--from-seq=-1"], /"(?:1\.5|-1)" is no number of an event/],
    [
      "numbers the wrong way round",
      ["export", "--from-seq", "9", "--to-seq", "3"],
      /toSeq: must be a whole number from 9 on/,
    ],
    [
      "a receipt that is not there",
      ["receipt", "verify", "/nowhere", "--key", "KEY"],
      /Cannot read \/nowhere/,
    ],
  ])("ends with 2 and one clear line for %s [CLI-5]", async (_what, args, message) => {
    const said = await audit(args.map((arg) => (arg === "KEY" ? keyFile : arg)));
    expect(said.code).toBe(2);
    expect(said.err).toMatch(message);
    expect(said.err.trim().split("\n")).toHaveLength(1);
    expect(said.err).not.toMatch(/secret|\n\s+at /);
    expect(said.out).toBe("");
  });

  it("asks for a log when none is named [CLI-5]", async () => {
    const env = { SARK_DATA_DIRECTORY: join(folder, "no-gateway") };
    expect(await audit(["verify", "--key", keyFile], { env })).toMatchObject({
      code: 2,
      err: expect.stringMatching(
        /^audit: Say which log: --database-url URL \(or DATABASE_URL\), or --export FILE\. .*SARK_DATA_DIRECTORY/,
      ) as string,
    });
    mkdirSync(env.SARK_DATA_DIRECTORY);
    writeFileSync(join(env.SARK_DATA_DIRECTORY, "database.url"), `${database.url}\n`);
    expect(await audit(["verify", "--key", keyFile], { env })).toMatchObject({ code: 0 });
  });

  it("ends with 3 when nothing can be said: no database, no audit log, no export [AUD-7] [CLI-5]", async () => {
    const empty = await createTestDatabase(inject("postgresUrl"));
    for (const [args, message] of [
      [
        ["--database-url", "postgres://none:secret@127.0.0.1:1/none"],
        /Cannot connect to the database: .*ECONNREFUSED/,
      ],
      [["--database-url", empty.url], /holds no audit log/],
      [["--export", "/nowhere.jsonl"], /Cannot read the export: .*ENOENT/],
      [["--export", "/nowhere.jsonl.gz"], /Cannot read the export: .*ENOENT/],
      [["--export", keyFile], /not that of an export/],
    ] as const) {
      const said = await audit(["verify", "--key", keyFile, ...args]);
      expect(said.code).toBe(3);
      expect(said.err).toMatch(message);
      expect(said.err).not.toMatch(/secret|\n\s+at /);
    }
    await empty.drop();
  });
});

describe("audit export", () => {
  it("writes what verify reads, to a file, packed, or through a pipe [AUD-7] [AUD-6]", async () => {
    const file = join(folder, "log.jsonl.gz");
    expect(await audit(["export", "--output", file])).toMatchObject({
      code: 0,
      out: "",
      err: "420 events exported.\n",
    });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const packed = await audit(["verify", "--key", keyFile, "--export", file, "--complete"], { env: {} });
    expect(packed).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^verified +420 events$/m) as string,
    });

    const printed = await audit(["export"]);
    expect(printed.out).toBe(gunzipSync(readFileSync(file)).toString());
    const stdin = Readable.from([
      Buffer.from(printed.out.replace('"user_id":"user-3"', '"user_id":"user-4"')),
    ]);
    const piped = await audit(["verify", "--key", keyFile, "--export", "-"], { stdin, env: {} });
    expect(piped).toMatchObject({
      code: 1,
      out: expect.stringContaining("altered at seq 3: Event") as string,
    });
  });

  it("writes a part that proves itself [AUD-7]", async () => {
    const { out } = await audit(["export", "--user", "user-1", "--from-seq", "100", "--to-seq", "200"]);
    const stdin = (): Readable => Readable.from([Buffer.from(out)]);
    const part = await audit(["verify", "--key", keyFile, "--export", "-"], { stdin: stdin() });
    expect(part.out).toMatch(/^verified +25 events\nleft out +395 events that are not in this export$/m);
    expect(
      await audit(["verify", "--key", keyFile, "--export", "-", "--complete"], { stdin: stdin() }),
    ).toMatchObject({
      code: 1,
      out: expect.stringContaining("missing at seq 0") as string,
    });
  });

  it("says so when it cannot write [CLI-5]", async () => {
    const said = await audit(["export", "--output", "/nowhere/log.jsonl.gz"]);
    expect(said).toMatchObject({ code: 3, err: "audit: Cannot write /nowhere/log.jsonl.gz (ENOENT).\n" });
    const full = await audit(["export", "--output", "/dev/full"]);
    expect(full).toMatchObject({ code: 3, err: "audit: Cannot write /dev/full (ENOSPC).\n" });
  });
});

describe("audit receipt", () => {
  let file: string;
  beforeEach(() => {
    file = join(folder, "call.tlog-proof");
    writeFileSync(file, receipts.get(1)!);
  });

  it("does not print as proven what two readers may read in two ways, or cannot read [AUD-7]", async () => {
    for (const bytes of ['{"user_id":"alice","user_id":"mallory"}', "no event", "", "[".repeat(100_000)]) {
      const event = Buffer.from(bytes);
      const root = createHash("sha256").update("\0").update(event).digest();
      const text = `${ORIGIN}\n1\n${root.toString("base64")}\n`;
      const { keyId, signature } = signer.sign(text);
      const id = Buffer.alloc(4);
      id.writeUInt32BE(keyId);
      const signed = Buffer.concat([id, signature]).toString("base64");
      writeFileSync(
        file,
        `c2sp.org/tlog-proof@v1\nextra ${event.toString("base64")}\nindex 0\n\n${text}\n— ${ORIGIN} ${signed}\n`,
      );
      const said = await audit(["receipt", "verify", file, "--key", keyFile]);
      expect(said).toMatchObject({ code: 1, err: "" });
      expect(said.out).toMatch(/^NOT PROVEN: What is in the log there is no event/);
    }
  });

  it("shows the event that it proves [AUD-7]", async () => {
    const said = await audit(["receipt", "verify", file, "--key", keyFile]);
    expect(said.code).toBe(0);
    expect(said.out).toContain('"gateway_request_id": "request-1"');
    expect(said.out).toMatch(/OK: number 1 of sark\.example\/audit, in its tree of 400 events\.\n$/);
    const json = JSON.parse(
      (await audit(["receipt", "verify", file, "--key", keyFile, "--json"])).out,
    ) as unknown;
    expect(json).toMatchObject({ ok: true, seq: 1, size: 400, event: { user_id: "user-1" } });
  });

  it("ends with 1 for one that proves nothing [AUD-7]", async () => {
    writeFileSync(file, receipts.get(1)!.replace("index 1\n", "index 0\n"));
    const said = await audit(["receipt", "verify", file, "--key", keyFile]);
    expect(said).toMatchObject({
      code: 1,
      out: expect.stringContaining("NOT PROVEN: The event is not number 0") as string,
    });
    const json = JSON.parse(
      (await audit(["receipt", "verify", file, "--key", keyFile, "--json"])).out,
    ) as unknown;
    expect(json).toMatchObject({ ok: false, code: "proof_mismatch" });
  });

  it("ends with 1 for one of another event than the caller was told of [AUD-7]", async () => {
    const { receipt } = verifyReceipt(receipts.get(1)!, parseKeySet(readFileSync(keyFile, "utf8")));
    const hash = createHash("sha256").update("\0").update(receipt.event).digest("hex");
    const verify = ["receipt", "verify", file, "--key", keyFile];
    expect((await audit([...verify, "--seq", "1", "--leaf-hash", hash.toUpperCase()])).code).toBe(0);
    for (const other of [
      ["--seq", "2"],
      ["--leaf-hash", hash.replaceAll(/^./g, (digit) => (digit === "0" ? "1" : "0"))],
    ]) {
      const said = await audit([...verify, ...other, "--json"]);
      expect(said.code).toBe(1);
      expect(JSON.parse(said.out)).toMatchObject({ ok: false, code: "wrong_event" });
    }
  });

  it.each([
    ["--seq", "1.5"],
    ["--seq", "-1"],
    ["--seq", "99999999999999999999"],
    ["--leaf-hash", "abc"],
  ])("refuses %s %s [CLI-5]", async (flag, value) => {
    const said = await audit(["receipt", "verify", file, "--key", keyFile, flag, value]);
    expect([said.code, said.out]).toEqual([2, ""]);
    expect(said.err).toContain(value);
  });
});

describe("as a program", () => {
  const program = join(import.meta.dirname, "main.ts");
  const { NODE_COMPILE_CACHE = "" } = process.env;
  const execute = (args: readonly string[], env: Record<string, string> = {}): Promise<Said> =>
    promisify(execFile)(process.execPath, [program, ...args], { env: { NODE_COMPILE_CACHE, ...env } }).then(
      ({ stdout, stderr }) => ({ code: 0, out: stdout, err: stderr }),
      (error: { code: number; stdout: string; stderr: string }) => ({
        code: error.code,
        out: error.stdout,
        err: error.stderr,
      }),
    );

  it("helps, with examples and exit codes [CLI-5]", async () => {
    for (const command of [["verify"], ["export"], ["receipt", "verify"]]) {
      const said = await audit([...command, "--help"]);
      expect(said).toMatchObject({ code: 0, err: "" });
      expect(said.out).toMatch(/^EXAMPLES?\n {2}audit /m);
      expect(said.out).toMatch(/^EXIT CODES\n {2}0 {2}/m);
    }
    expect((await execute(["--help"])).out).toMatch(/verify +Verify the audit log/);
  });

  it("ends with the documented codes [AUD-7] [CLI-5]", async () => {
    const env = { DATABASE_URL: database.url };
    expect((await execute(["verify", "--key", keyFile], env)).code).toBe(0);
    expect((await execute(["verify", "--key", keyFile, "--origin", "other"], env)).code).toBe(1);
    expect((await execute(["verify"], env)).code).toBe(2);
    expect((await execute(["verify", "--key", keyFile, "--export", "/nowhere"], env)).code).toBe(3);
    expect(existsSync(program)).toBe(true);
  });

  it("says in a line that its output cannot be written, which is no finding [CLI-5]", () => {
    const full = openSync("/dev/full", "w");
    const { status, stderr } = spawnSync(process.execPath, [program, "verify", "--key", keyFile], {
      env: { DATABASE_URL: database.url },
      stdio: ["ignore", full, "pipe"],
      encoding: "utf8",
    });
    closeSync(full);
    expect([status, stderr]).toEqual([3, "Cannot write to standard output (ENOSPC).\n"]);
  });
});
