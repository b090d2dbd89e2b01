import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, it } from "vitest";
import { createKeySet } from "../transparency-log/notes/key-set.ts";
import { createCosigner } from "../transparency-log/notes/note-signer.ts";
import { formatSignatureLine, parseNote } from "../transparency-log/notes/signed-note.ts";
import { namedKey } from "../transparency-log/testing/keys.ts";
import type { Finding } from "./findings/finding.ts";
import { sealLog, type TamperedLog, type SealedLog } from "./testing/sealed-log.ts";
import { verifyExport } from "./export/verify-export.ts";
import { verifyOnline } from "./online/verify-online.ts";
import { signer, signLog, exportedLog, inOnePiece } from "./testing/signed-log.ts";

const witness = createCosigner("witness.example", namedKey("witness"));
const keys = createKeySet(
  [signer.key, witness.key].map((key) => ({ key, fromSize: 0, untilSize: Number.MAX_SAFE_INTEGER })),
);
/** What an attacker changes who has the log's key and the database. */
const CHANGED = 1_234;

let sealed: SealedLog;
let log: TamperedLog;

beforeAll(async () => {
  sealed = await sealLog(inject("postgresUrl"), signer, [700, 300, 1_000]);
});
afterAll(() => sealed.drop());
beforeEach(async () => {
  log = await sealed.copy();
});
afterEach(() => log.end());

/** With a checkpoint at each of these sizes, all of them right for the history that it is now. */
async function rewrite(seq: number, sizes: readonly number[]): Promise<void> {
  await log.query(
    `UPDATE gateway_audit_events SET user_id = 'alice',
       canonical = convert_to(regexp_replace(convert_from(canonical, 'UTF8'), '"user-\\d"', '"alice"'), 'UTF8') WHERE seq = $1`,
    [seq],
  );
  await log.query("UPDATE gateway_audit_events SET leaf_hash = sha256('\\x00' || canonical) WHERE seq = $1", [
    seq,
  ]);
  await log.query("DELETE FROM gateway_audit_tiles");
  await log.query("DELETE FROM gateway_audit_checkpoints WHERE size > $1", [seq]);
  await log.query("CREATE TABLE later AS SELECT * FROM gateway_audit_events");
  for (const size of sizes) {
    await log.query("DELETE FROM gateway_audit_events");
    await log.query("INSERT INTO gateway_audit_events SELECT * FROM later WHERE seq < $1", [size]);
    await log.query("UPDATE gateway_audit_head SET next_seq = $1", [size]);
    await signLog(log.pool);
  }
}

async function offline(remembered: string): Promise<readonly Finding[]> {
  const input = inOnePiece(await exportedLog(log.pool));
  return (await verifyExport({ input, keys, remembered, complete: true })).findings;
}

async function everyWay(remembered: string): Promise<(readonly Finding[])[]> {
  return [(await verifyOnline({ pool: log.pool, keys, remembered })).findings, await offline(remembered)];
}

/** The same note, cosigned. */
function cosigned(note: string): string {
  return note + formatSignatureLine(witness.cosign(parseNote(note).text, 1_795_000_000));
}

it("a memory names the very event, however many checkpoints are signed anew behind it [AUD-7]", async () => {
  const { memory } = await verifyOnline({ pool: log.pool, keys });
  await rewrite(CHANGED, [1_300, 1_500, 1_900, 2_000]);
  expect((await verifyOnline({ pool: log.pool, keys })).findings).toEqual([]);
  for (const findings of await everyWay(memory ?? "")) {
    expect(findings).toMatchObject([{ kind: "fork", seq: CHANGED, before: CHANGED + 1 }]);
    expect(findings[0]?.message).toContain(`its history was rewritten, first at seq ${CHANGED}.`);
  }
  // One that was exported before the log had grown to what is remembered, too.
  await log.query("DELETE FROM gateway_audit_checkpoints WHERE size > 1500");
  expect(await offline(memory ?? "")).toMatchObject([{ kind: "fork", seq: CHANGED, before: CHANGED + 1 }]);
});

it("a note alone tells that, and not where: what was signed anew in between counts for nothing [AUD-7]", async () => {
  await rewrite(CHANGED, [1_300, 1_500, 1_900, 2_000]);
  for (const findings of await everyWay(sealed.notes[2] ?? "")) {
    expect(findings).toMatchObject([{ kind: "fork", seq: 0, before: 2_000 }]);
  }
});

it("a witness that cosigned both vouches for what came before [AUD-7]", async () => {
  const [early = "", , late = ""] = sealed.notes;
  await rewrite(CHANGED, [1_500, 2_000]);
  await log.query("UPDATE gateway_audit_checkpoints SET note = $1 WHERE size = 700", [cosigned(early)]);
  for (const findings of await everyWay(cosigned(late))) {
    expect(findings).toMatchObject([{ kind: "fork", seq: 700, before: 2_000 }]);
  }
  // It may have cosigned the other history.
  for (const findings of await everyWay(late)) {
    expect(findings).toMatchObject([{ kind: "fork", seq: 0, before: 2_000 }]);
  }
});

it("a memory narrows what the checkpoints leave open, also where the attacker has no key [AUD-7]", async () => {
  const { memory } = await verifyOnline({ pool: log.pool, keys });
  await rewrite(CHANGED, []);
  await log.query(
    "INSERT INTO gateway_audit_checkpoints (size, root, note) SELECT 2000, decode($1, 'base64'), $2",
    [parseNote(sealed.notes[2] ?? "").text.split("\n")[2], sealed.notes[2]],
  );
  expect((await verifyOnline({ pool: log.pool, keys })).findings).toMatchObject([
    { kind: "altered", seq: 1_000, before: 2_000 },
  ]);
  expect((await verifyOnline({ pool: log.pool, keys, remembered: memory })).findings).toMatchObject([
    { kind: "altered", seq: CHANGED, before: CHANGED + 1 },
  ]);
});

it("a memory whose subtrees are not those of its note does not count [AUD-7]", async () => {
  const { memory } = await verifyOnline({ pool: log.pool, keys });
  const lines = (memory ?? "").split("\n");
  const at = lines.indexOf("sark-audit-memory/v1") + 1;
  for (const changed of [lines.with(at, lines[at + 1] ?? ""), lines.with(at, "no subtree")]) {
    for (const findings of await everyWay(changed.join("\n"))) {
      expect(findings).toMatchObject([{ kind: "wrong_checkpoint", seq: null }]);
      expect(findings[0]?.message).toContain("What is remembered does not count");
    }
  }
});
