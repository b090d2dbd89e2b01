import { afterAll, beforeAll, describe, expect, inject, it, vi } from "vitest";
import { leafHash } from "../../transparency-log/tree/hashing.ts";
import { createNoteSigner } from "../../transparency-log/notes/note-signer.ts";
import { formatNote, parseNote } from "../../transparency-log/notes/signed-note.ts";
import { createKeySet } from "../../transparency-log/notes/key-set.ts";
import { decodeEntryBundle } from "../../transparency-log/tiles/entry-bundle.ts";
import { namedKey } from "../../transparency-log/testing/keys.ts";
import { referenceTree } from "../../transparency-log/testing/reference-tree.ts";
import { verifyConsistency } from "../../transparency-log/proofs/verify-proof.ts";
import { openLogReader, type OpenLogReader } from "./open-log-reader.ts";
import { createLogBuilder } from "../signing/log-builder.ts";
import { createTestLog } from "../testing/test-log.ts";
import type { CheckpointTrust } from "./newest-checkpoint.ts";
import { sealLog, type LogCopy, type SealedLog } from "../../verification/testing/sealed-log.ts";

const signer = createNoteSigner("sark.example/audit", namedKey("log"));
let sealed: SealedLog;

beforeAll(async () => {
  sealed = await sealLog(inject("postgresUrl"), signer, [300, 1, 399, 100]);
});
afterAll(() => sealed.drop());

/** Reads a copy of the log that `change` was done to. */
async function reading(
  change: string | null,
  read: (reader: OpenLogReader, log: LogCopy) => Promise<void>,
): Promise<void> {
  const log = await sealed.copy();
  const reader = openLogReader({ connectionString: log.url, maxConnections: 1 });
  try {
    if (change !== null) {
      await log.query(change);
    }
    await read(reader, log);
  } finally {
    await reader.close();
    await log.end();
  }
}

it("proves that any tree continues any older one, with the checkpoint where one is kept [AUD-7]", async () => {
  const reference = referenceTree(sealed.events.map(({ canonical }) => canonical));
  await reading(null, async (reader) => {
    for (const [oldSize, size] of [
      [1, 800],
      [255, 256],
      [256, 300],
      [300, 700],
      [513, 799],
      [700, 700],
    ] as const) {
      const proof = await reader.consistency(oldSize, size);
      const roots = [reference.root(0, oldSize), reference.root(0, size)] as const;
      expect(verifyConsistency(oldSize, size, ...roots, proof.hashes)).toBe(true);
      expect(proof.checkpoint !== null).toBe([300, 301, 700, 800].includes(size));
    }
    expect((await reader.consistency(5)).size).toBe(800);
    await expect(reader.consistency(5, 801)).rejects.toMatchObject({ code: "not_yet_logged" });
    await expect(reader.consistency(900)).rejects.toMatchObject({ code: "not_yet_logged" });
  });
});

it("hands out no proof of altered tiles [AUD-7]", async () => {
  const altered =
    "UPDATE gateway_audit_tiles SET hashes = set_byte(hashes, 4, get_byte(hashes, 4) # 1) WHERE level = 0 AND index = 1";
  await reading(altered, async (reader) => {
    await expect(reader.consistency(300, 700)).rejects.toMatchObject({ code: "unprovable" });
    await expect(reader.entries(1, 256)).rejects.toMatchObject({ code: "unprovable" });
    expect(await reader.entries(0, 256)).not.toBeNull();
  });
});

describe("entry bundles", () => {
  it("hold the events in the bytes that were logged, at the widths that the tree has [AUD-7]", async () => {
    await reading(null, async (reader) => {
      for (const [index, width] of [
        [0, 256],
        [0, 3],
        [3, 32],
      ] as const) {
        const entries = decodeEntryBundle((await reader.entries(index, width))!);
        const events = sealed.events.slice(index * 256, index * 256 + width);
        expect(entries.map((entry) => Buffer.from(entry))).toEqual(events.map(({ canonical }) => canonical));
      }
      expect(await reader.entries(3, 33)).toBeNull();
      expect(await reader.entries(4, 1)).toBeNull();
    });
  });

  it("say of events that are missing whether retention dropped them [AUD-3]", async () => {
    await reading("DELETE FROM gateway_audit_events WHERE seq = 3", async (reader, log) => {
      await expect(reader.entries(0, 256)).rejects.toMatchObject({ code: "unprovable" });
      expect(await reader.entries(0, 3)).not.toBeNull();
      // Records that say nothing are none, and no fault of the database either.
      await log.query(`UPDATE gateway_audit_events SET event_type = 'retention_purge',
        metadata = (ARRAY['{"seq_ranges": "x"}', '{"seq_ranges": [["a", true], 3]}', '{}']::jsonb[])[seq - 19]
        WHERE seq BETWEEN 20 AND 22`);
      await expect(reader.entries(0, 256)).rejects.toMatchObject({ code: "unprovable" });
      await log.query(`UPDATE gateway_audit_events SET event_type = 'retention_purge',
        metadata = '{"seq_ranges": [[2, 4]]}' WHERE seq = 9`);
      await expect(reader.entries(0, 256)).rejects.toMatchObject({
        code: "entry_dropped",
        message: expect.stringContaining("seq 3"),
      });
    });
  });

  it("leave the place of an event empty that is larger than any of today, and hold all others [AUD-7]", async () => {
    const log = await createTestLog(inject("postgresUrl"));
    const reader = openLogReader({ connectionString: log.url, maxConnections: 1 });
    const builder = createLogBuilder({ pool: log.pool, signer, origin: "sark.example/audit", intervalMs: 5 });
    try {
      const before = await log.append(3);
      const [large] = await log.append(1, { metadata: { text: "x".repeat(70_000) } });
      const after = await log.append(3);
      builder.start();
      const bundle = await vi.waitFor(
        async () => {
          const found = await reader.entries(0, 7);
          expect(found).not.toBeNull();
          return found!;
        },
        { timeout: 20_000 },
      );
      const entries = decodeEntryBundle(bundle).map((entry) => Buffer.from(entry));
      expect(large?.canonical.length).toBeGreaterThan(65_535);
      expect(entries).toEqual([
        ...before.map(({ canonical }) => canonical),
        Buffer.alloc(0),
        ...after.map(({ canonical }) => canonical),
      ]);
      expect((await reader.tile(0, 0, 7))!.subarray(3 * 32, 4 * 32)).toEqual(
        Buffer.from(leafHash(large!.canonical)),
      );
      // Its hash is held against the tree all the same.
      await log.query("UPDATE gateway_audit_events SET canonical = canonical || 'x' WHERE seq = 3");
      await expect(reader.entries(0, 7)).rejects.toMatchObject({ code: "unprovable" });
    } finally {
      await builder.close();
      await reader.close();
      await log.close();
    }
  });

  it.each([65_535, 65_536])("hold only what was logged, %d bytes long or not [AUD-7]", async (bytes) => {
    const grow = `
      UPDATE gateway_audit_events SET canonical = convert_to(repeat('x', ${bytes}), 'UTF8') WHERE seq = 7`;
    await reading(grow, async (reader) => {
      await expect(reader.entries(0, 256)).rejects.toMatchObject({ code: "unprovable" });
    });
  });
});

it("exports without holding a connection between two pieces, however slow its reader is [AUD-6]", async () => {
  await reading(null, async (reader) => {
    const slow = reader.export({ filter: { server_name: "files" } })[Symbol.asyncIterator]();
    let bytes = 0;
    for (let next = await slow.next(); next.done !== true; next = await slow.next()) {
      bytes += next.value.length;
      // There is one connection.
      expect(await reader.latestCheckpoint()).not.toBeNull();
    }
    expect(bytes).toBeGreaterThan(500 * 800);
  });
});

it("says that the database is away by a typed error", async () => {
  const away = openLogReader({ connectionString: "postgres://none@127.0.0.1:1/none" });
  await expect(away.latestCheckpoint()).rejects.toMatchObject({ code: "store_unavailable" });
  await expect(away.export({})[Symbol.asyncIterator]().next()).rejects.toMatchObject({
    code: "store_unavailable",
  });
  await away.close();
});

describe("with the log's verifier keys", () => {
  const origin = "sark.example/audit";
  const keys = createKeySet([{ key: signer.key, fromSize: 0, untilSize: Number.MAX_SAFE_INTEGER }]);
  const thief = createNoteSigner(origin, namedKey("thief"));
  const signedByThief = (note: string): string => {
    const { text } = parseNote(note);
    return formatNote({ text, signatures: [thief.sign(text)] });
  };

  /** What each way of reading comes to: `null` or the code of the error. */
  async function readAll(log: LogCopy, trust?: CheckpointTrust): Promise<unknown[]> {
    const reader = openLogReader({
      connectionString: log.url,
      ...(trust === undefined ? {} : { checkpointTrust: trust }),
    });
    const { id } = sealed.events[3]!;
    const readings = [
      reader.latestCheckpoint(),
      reader.tile(0, 0, 256),
      reader.entries(0, 256),
      reader.proof(id),
      reader.receipt(id),
      reader.consistency(5),
      reader.consistency(5, 700),
    ].map(async (reading) =>
      reading.then(
        () => null,
        (error: unknown) => (error as { readonly code?: unknown }).code,
      ),
    );
    const codes = await Promise.all(readings);
    await reader.close();
    return codes;
  }

  it("nothing is given out under a checkpoint that they did not sign, or that is stored as another [AUD-7]", async () => {
    const log = await sealed.copy();
    expect(new Set(await readAll(log, { keys, origin }))).toEqual(new Set([null]));
    expect(new Set(await readAll(log, { keys, origin: null }))).toEqual(new Set([null]));
    expect(new Set(await readAll(log, { keys, origin: "other.example" }))).toEqual(
      new Set(["unknown_signer"]),
    );

    const change = (size: number, what: string, values: unknown[]) =>
      log.query(`UPDATE gateway_audit_checkpoints SET ${what} WHERE size = ${size}`, values);
    await change(700, "note = $1", [signedByThief(sealed.notes[2]!)]);
    expect(await readAll(log, { keys, origin })).toEqual([...Array<null>(6).fill(null), "unknown_signer"]);
    await change(700, "note = $1", [sealed.notes[1]!]);
    expect((await readAll(log, { keys, origin })).at(-1)).toBe("fork");

    await change(800, "note = $1", [signedByThief(sealed.notes[3]!)]);
    expect(new Set(await readAll(log, { keys, origin }))).toEqual(new Set(["unknown_signer"]));
    // Without a key there is only the database's word.
    expect((await readAll(log))[0]).toBeNull();
    await change(800, "note = $1", [sealed.notes[2]!]);
    expect(new Set(await readAll(log, { keys, origin }))).toEqual(new Set(["fork"]));
    await log.end();
  });
});
