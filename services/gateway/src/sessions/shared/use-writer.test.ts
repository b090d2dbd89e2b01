import { expect, it, onTestFinished } from "vitest";
import { createEntry, type SessionEntry } from "../session-entry.ts";
import type { Use } from "./shared-sessions.ts";
import { createUseWriter } from "./use-writer.ts";

const SEEN = {
  fingerprint: "s",
  kind: "session",
  server: "tools",
  transport: "tcp",
  upstreamId: "u",
  createdAt: 0,
  caller: {
    principal: {
      id: "alice",
      type: "user",
      actor: null,
      tenant: "acme",
      roles: [],
      attributes: {},
      method: "jwt",
    },
    correlationId: "c",
    clientAddress: "127.0.0.1",
    credential: "k",
    traceHeaders: {},
  },
  protocolVersion: null,
  client: () => null,
} as const;

function writerOver(entries: Set<SessionEntry>, used: (uses: readonly Use[]) => Promise<void>) {
  const writer = createUseWriter({
    shared: {
      async used(uses) {
        await used(uses);
        return uses.map(() => null);
      },
    },
    entries: () => entries,
    everyMs: 3_600_000,
    againMs: 3_600_000,
    pauseMs: 3_600_000,
    now: () => 0,
    isUp: () => true,
    learned: () => undefined,
  });
  onTestFinished(() => writer.close());
  return writer;
}

const work = (entry: SessionEntry) =>
  entry.running.begin({ calls: 1, stream: false }, "shared", () => undefined);

it("takes back what it told of the work of a session that has left, before it tells of the same one come again [GTW-2] [GTW-6]", async () => {
  const entries = new Set<SessionEntry>();
  const told: (readonly Use[])[] = [];
  const writer = writerOver(entries, async (uses) => void told.push(uses));

  const first = createEntry(SEEN, 1, 0);
  entries.add(first);
  const call = work(first);
  await writer.all();
  expect(told).toMatchObject([[{ fingerprint: "s", running: 1 }]]);

  entries.delete(first);
  call.leave();
  writer.left(first);
  const again = createEntry(SEEN, 2, 0);
  entries.add(again);
  work(again);
  await writer.all();
  expect(told.slice(1)).toMatchObject([[{ running: 0 }, { running: 1 }]]);
});

it("takes back the work of a session that leaves while the others are being told of it [GTW-2] [GTW-6]", async () => {
  const entry = createEntry(SEEN, 1, 0);
  const entries = new Set([entry]);
  const told: (readonly Use[])[] = [];
  entry.calls = 1;
  const call = work(entry);
  const writer = writerOver(entries, async (uses) => {
    told.push(uses);
    if (told.length === 1) {
      entries.delete(entry);
      call.leave();
      writer.left(entry);
    }
  });

  await writer.all();
  await writer.all();
  await writer.all();
  expect(told).toMatchObject([[{ running: 1 }], [{ running: 0 }]]);
});
