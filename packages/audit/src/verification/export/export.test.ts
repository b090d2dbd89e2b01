import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { createKeySet } from "../../transparency-log/notes/key-set.ts";
import { createNoteSigner } from "../../transparency-log/notes/note-signer.ts";
import { namedKey } from "../../transparency-log/testing/keys.ts";
import { sealLog, type TamperedLog, type SealedLog } from "../testing/sealed-log.ts";
import type { Finding } from "../findings/finding.ts";
import { verifyExport, type ExportVerificationOptions } from "./verify-export.ts";
import { writeExport, type ExportOptions } from "./write-export.ts";
import { ORIGIN, signer, keys } from "../testing/signed-log.ts";

let sealed: SealedLog;
let log: TamperedLog;
/** The whole export, line by line. */
let whole: string[];

beforeAll(async () => {
  // Checkpoints at 300, 301, 700 and 5,000; 20 events wait for the next one.
  sealed = await sealLog(inject("postgresUrl"), signer, [300, 1, 399, 1_800, -20]);
  log = await sealed.copy();
  whole = await exported();
});
afterAll(async () => {
  await log.end();
  await sealed.drop();
});

async function exported(options: Partial<ExportOptions> = {}, from = log): Promise<string[]> {
  const pieces: Buffer[] = [];
  const write = async (piece: Buffer): Promise<void> => void pieces.push(piece);
  await writeExport({ pool: from.pool, write, ...options });
  const text = Buffer.concat(pieces).toString("utf8");
  expect(text.endsWith("\n")).toBe(true);
  return text.slice(0, -1).split("\n");
}

async function* inPieces(text: string, size = 10_000): AsyncIterable<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) {
    yield bytes.subarray(at, at + size);
  }
}
const asText = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join("");
const verify = (lines: readonly string[], options: Partial<ExportVerificationOptions> = {}) =>
  verifyExport({ input: inPieces(asText(lines)), keys, origin: ORIGIN, ...options });

async function onlyFinding(
  lines: readonly string[],
  options: Partial<ExportVerificationOptions> = {},
): Promise<Finding> {
  const { ok, findings } = await verify(lines, options);
  expect(findings).toHaveLength(1);
  expect(ok).toBe(false);
  return findings[0]!;
}
const lineOf = (seq: number, lines = whole): number =>
  lines.findIndex((line) => line.startsWith(`{"seq":${seq},`));

it("holds every signed event in its own bytes, readable by any tool, and verifies offline [AUD-7] [AUD-6]", async () => {
  expect(whole).toHaveLength(1 + 2_500 + 4);
  const events = whole.map((line) => JSON.parse(line) as { seq?: number; event?: { id: string } });
  expect(events.filter(({ event }) => event).map(({ event }) => event!.id)).toEqual(
    sealed.events.slice(0, 2_500).map(({ id }) => id),
  );
  const at = lineOf(17);
  expect(whole[at]!.slice(whole[at]!.indexOf('"event":') + 8, -1)).toBe(
    sealed.events[17]!.canonical.toString(),
  );
  for (const size of [7, 100_000_000]) {
    const input = inPieces(asText(size === 7 ? await exported({ toSeq: 300 }) : whole), size);
    expect((await verifyExport({ input, keys })).findings).toEqual([]);
  }
  const progress: number[] = [];
  expect(
    await verify(whole, { remembered: sealed.notes[1]!, progress: (done) => progress.push(done) }),
  ).toMatchObject({
    ok: true,
    events: 2_500,
    skipped: 0,
    checkpoint: { size: 2_500, note: sealed.notes[3] },
  });
});

it("proves a part, and a selection, with the rest left out [AUD-7]", async () => {
  const part = await exported({ fromSeq: 310, toSeq: 500 });
  expect(part).toHaveLength(1 + 1 + 190 + 1 + 1);
  expect(await verify(part)).toMatchObject({ ok: true, events: 190, skipped: 2_310 });

  const mine = await exported({ filter: { user_id: "user-3" } });
  const count = sealed.events
    .slice(0, 2_500)
    .filter(({ canonical }) => canonical.includes('"user_id":"user-3"')).length;
  expect(await verify(mine)).toMatchObject({ ok: true, events: count, skipped: 2_500 - count });
  expect(await onlyFinding(mine.toSpliced(lineOf(443, mine), 1))).toMatchObject({
    kind: "missing",
    seq: 443,
  });

  const halved = await onlyFinding(mine, { complete: true });
  expect(halved).toMatchObject({ kind: "missing", seq: 0 });

  const none = await exported({ filter: { user_id: "unknown" } });
  expect(none).toHaveLength(3);
  expect(await verify(none)).toMatchObject({ ok: true, events: 0, skipped: 2_500 });
  expect(await verify(await exported({ fromSeq: 9_999 }))).toMatchObject({
    ok: true,
    events: 0,
    skipped: 2_500,
  });
});

it.each<[string, (line: string) => string]>([
  ["a number with a zero more", (line) => line.replace(/("number":\d+)/, "$1.0")],
  ["a number with an exponent", (line) => line.replace(/("number":\d+)/, "$1e0")],
  ["its place with a fraction", (line) => line.replace('"seq":443', '"seq":443.0')],
  ["an escape for a letter", (line) => line.replace('"user-3"', '"\\u0075ser-3"')],
  ["an escape in a key", (line) => line.replace('"event":', '"\\u0065vent":')],
  ["a space before the event", (line) => line.replace('"event":', '"event": ')],
  ["a space before its place", (line) => line.replace("{", "{ ")],
  ["a space at its end", (line) => `${line} `],
  ["a carriage return at its end", (line) => `${line}\r`],
  [
    "its members in another order",
    (line) => line.replace(/^\{("seq":\d+),("leaf_hash":"[^"]*"),/, "{$2,$1,"),
  ],
  [
    "its event's members in another order",
    (line) => line.replace(/("created_at":"[^"]*"),("[a-z_]+":"[^"]*")/, "$2,$1"),
  ],
  ["what a JSON tool writes", (line) => JSON.stringify(JSON.parse(line), null, 1).replaceAll("\n", " ")],
  [
    "its bytes in base64",
    (line) => {
      const [head = "", event = ""] = line.slice(0, -1).split('"event":');
      return `${head}"bytes":"${Buffer.from(event).toString("base64")}"}`;
    },
  ],
])("takes an event in no other spelling: %s [AUD-7]", async (_what, respell) => {
  const at = lineOf(443);
  const respelt = respell(whole[at]!);
  expect(respelt).not.toBe(whole[at]);
  expect(await onlyFinding(whole.with(at, respelt))).toMatchObject({ seq: 443 });
});

it("takes no other line in another spelling either [AUD-7]", async () => {
  const respell = (line: string) => line.replace('":', '": ');
  const note = lineOf(300) - 1;
  expect(await onlyFinding(whole.with(note, respell(whole[note]!)))).toMatchObject({ seq: 300 });
  await expect(verify(whole.with(0, respell(whole[0]!)))).rejects.toThrow("not that of an export");
  const part = await exported({ fromSeq: 400 });
  const skip = part.findIndex((line) => line.startsWith('{"skip"'));
  expect(await onlyFinding(part.with(skip, part[skip]!.replace("400", "4e2")))).toMatchObject({
    kind: "malformed",
  });
});

it("takes no line in which something stands beside what is proven [AUD-7]", async () => {
  const at = lineOf(443);
  const rewritten = JSON.stringify(JSON.parse(whole[at]!), null, 1).replaceAll("\n", " ");
  const forged = '"event": { "user_id": "mallory" }';
  for (const line of [
    rewritten.replace("{", '{ "user_id": "mallory",'),
    // Readers differ in which of two they take.
    rewritten.replace("{", `{ ${forged},`),
    rewritten.replace('"user_id":', '"user_id": "mallory", "user_id":'),
    rewritten.replace('"event":', '"event": { "a": "\\ud800" }, "x":'),
    '{ "seq": 443, "leaf_hash": "", "event": { "a": "\\ud800" } }',
  ]) {
    expect(await onlyFinding(whole.with(at, line))).toMatchObject({ kind: "malformed", seq: 443 });
  }
  const note = lineOf(300);
  expect(whole[note - 1]).toContain('"checkpoint"');
  const beside = whole[note - 1]!.replace("{", `{"seq":9,${forged},`);
  expect(await onlyFinding(whole.with(note - 1, beside))).toMatchObject({ kind: "malformed", seq: 300 });
  const header = whole[0]!.replace(ORIGIN, "other.example/audit");
  expect(await onlyFinding(whole.with(0, header))).toMatchObject({ kind: "wrong_checkpoint" });
});

it.each<[string, (lines: string[], at: number) => string[], Partial<Finding>]>([
  [
    "altered",
    (lines, at) => lines.with(at, lines[at]!.replace('"user-3"', '"user-4"')),
    { kind: "altered", seq: 443 },
  ],
  [
    "made unreadable",
    (lines, at) => lines.with(at, lines[at]!.slice(0, -2)),
    { kind: "malformed", seq: 443 },
  ],
  ["deleted", (lines, at) => lines.toSpliced(at, 1), { kind: "missing", seq: 443 }],
  ["doubled", (lines, at) => lines.toSpliced(at, 0, lines[at]!), { kind: "extra", seq: 443 }],
  [
    "swapped with another",
    (lines, at) => lines.with(at, lines[at + 9]!).with(at + 9, lines[at]!),
    { kind: "missing", seq: 443 },
  ],
  [
    "given another's number",
    (lines, at) =>
      lines
        .with(at, lines[at + 9]!.replace('"seq":452', '"seq":443'))
        .with(at + 9, lines[at]!.replace('"seq":443', '"seq":452')),
    { kind: "altered", seq: 301, before: 700 },
  ],
  [
    "given another leaf hash",
    (lines, at) => lines.with(at, lines[at]!.replace(/"leaf_hash":"../, '"leaf_hash":"00')),
    { kind: "altered", seq: 443 },
  ],
  [
    "altered along with its leaf hash",
    (lines, at) => lines.with(at, lines[at + 1]!.replace('"seq":444', '"seq":443')),
    { kind: "altered", seq: 301, before: 700 },
  ],
])("names an event that was %s [AUD-7]", async (_what, tamper, expected) => {
  expect(await onlyFinding(tamper([...whole], lineOf(443)))).toMatchObject(expected);
});

it("notices a cut-off end, with and without a checkpoint before it [AUD-7]", async () => {
  expect(await onlyFinding(whole.slice(0, -1))).toMatchObject({ kind: "malformed", seq: 700 });
  expect(await onlyFinding(whole.slice(0, lineOf(443)))).toMatchObject({ kind: "malformed", seq: 301 });
  const cut = asText(whole).slice(0, -20);
  const { findings } = await verifyExport({ input: inPieces(cut), keys });
  expect(findings[0]).toMatchObject({
    kind: "malformed",
    message: expect.stringContaining("cut off") as string,
  });
  const unended = asText(whole).slice(0, -1);
  expect((await verifyExport({ input: inPieces(unended), keys })).ok).toBe(false);
  // Cut at a checkpoint it is a whole export of an older log: only what is remembered tells.
  const older = whole.slice(0, lineOf(700));
  expect(await verify(older)).toMatchObject({ ok: true, events: 700 });
  expect(await onlyFinding(older, { remembered: sealed.notes[3]! })).toMatchObject({
    kind: "rollback",
    seq: 700,
  });
});

it("names checkpoints that do not count, and forks from what is remembered [AUD-7]", async () => {
  const other = createNoteSigner(ORIGIN, namedKey("other"));
  const foreign = createKeySet([{ key: other.key, fromSize: 0, untilSize: 10_000 }]);
  const { findings } = await verify(whole, { keys: foreign });
  expect(new Set(findings.map(({ kind }) => kind))).toEqual(new Set(["wrong_key", "malformed"]));
  const resized = whole.with(whole.length - 1, whole.at(-1)!.replace("\\n2500\\n", "\\n2499\\n"));
  expect((await verify(resized)).findings.map(({ kind }) => kind)).toContain("wrong_signature");

  const fork = await sealLog(inject("postgresUrl"), signer, [700]);
  expect(await onlyFinding(whole, { remembered: fork.notes[0]! })).toMatchObject({
    kind: "fork",
    // A checkpoint in between that both histories have says nothing: it may have been signed anew.
    seq: 0,
    before: 700,
  });
  await fork.drop();
  const part = await exported({ fromSeq: 2_000 });
  expect(await onlyFinding(part, { remembered: sealed.notes[2]! })).toMatchObject({
    kind: "fork",
    seq: null,
  });
  expect(await onlyFinding(whole, { remembered: "x" })).toMatchObject({ kind: "wrong_checkpoint" });
});

it("refuses what is no export [AUD-7]", async () => {
  const refusal = { code: "not_an_export" };
  await expect(verify([])).rejects.toMatchObject(refusal);
  await expect(verify(["hello"])).rejects.toMatchObject(refusal);
  await expect(verify(whole.slice(1))).rejects.toMatchObject(refusal);
  const broken = (async function* (): AsyncIterable<Uint8Array> {
    yield Buffer.from(`${whole[0]}\n`);
    throw new Error("disk on fire");
  })();
  await expect(verifyExport({ input: broken, keys })).rejects.toMatchObject({
    ...refusal,
    message: "Cannot read the export: disk on fire",
  });
  const endless = (async function* (): AsyncIterable<Uint8Array> {
    for (;;) {
      yield Buffer.alloc(1_000_000, "x");
    }
  })();
  expect(await verifyExport({ input: endless, keys }).catch((error: unknown) => error)).toMatchObject(
    refusal,
  );
  const { findings } = await verify([...whole, "a line too many"]);
  expect(findings[0]).toMatchObject({ kind: "malformed", seq: 2_500 });
  const skip = '{"skip":{"from":0,"to":10,"hashes":[]}}';
  expect(await onlyFinding([whole[0]!, skip])).toMatchObject({ kind: "malformed", seq: 0 });
});

it("exports a tampered log as it is, so that the export tells of it [AUD-7]", async () => {
  const copy = await sealed.copy();
  await copy.query("UPDATE gateway_audit_events SET canonical = E'a\\nb' WHERE seq = 443");
  const lines = await exported({}, copy);
  expect(await onlyFinding(lines)).toMatchObject({ kind: "altered", seq: 443, id: null });
  await copy.query("DELETE FROM gateway_audit_events WHERE seq IN (100, 2490)");
  expect(await onlyFinding(await exported({}, copy))).toMatchObject({ kind: "missing", seq: 100 });
  await copy.query("DELETE FROM gateway_audit_checkpoints");
  await expect(exported({}, copy)).rejects.toMatchObject({ code: "nothing_signed" });
  await copy.end();
});
