import { describe, expect, it, vi } from "vitest";
import { AuditError } from "../../errors.ts";
import { createGroupCommit, type GroupCommitOptions } from "./group-commit.ts";

/** A store that commits when it is told to, and what happened, in order. */
function setUp(options: Partial<GroupCommitOptions<number, string>> = {}) {
  const happened: string[] = [];
  const pending: { commit(): void; fail(error: AuditError): void }[] = [];
  const commits = createGroupCommit<number, string>({
    write(batch) {
      happened.push(`write ${batch.join(" ")}`);
      return new Promise((resolve, reject) => {
        pending.push({ commit: () => resolve(batch.map((item) => `done ${item}`)), fail: reject });
      });
    },
    onWritten: (batch) => happened.push(`written ${batch.join(" ")}`),
    sizeOf: (item) => item,
    queueLimit: 100,
    queueBytes: 1_000,
    maxBatch: 4,
    maxBatchBytes: 500,
    onChange: () => undefined,
    ...options,
  });
  const append = (item: number, how?: { readonly deferrable: boolean }): Promise<string> =>
    commits.append(item, how).then(
      (result) => {
        happened.push(result);
        return result;
      },
      (error: AuditError) => {
        happened.push(`${error.code} ${item}`);
        return error.code;
      },
    );
  /** Until all that is due has happened. */
  const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  return { commits, append, settled, happened, pending };
}

const LATER = { deferrable: true };

describe("group commit", () => {
  it("makes one batch of what comes at once, and the next of what comes meanwhile", async () => {
    const { append, settled, happened, pending } = setUp();
    for (const item of [1, 2]) {
      void append(item);
    }
    await settled();
    for (const item of [3, 4, 5]) {
      void append(item);
    }
    await settled();
    expect(happened).toEqual(["write 1 2"]);
    pending[0]?.commit();
    await settled();
    // The store is busy with the next batch before the callers of the first one hear of it.
    expect(happened.slice(1)).toEqual(["write 3 4 5", "written 1 2", "done 1", "done 2"]);
  });

  it("lets callers that have more to do in with the few that wait", async () => {
    const { append, settled, happened, pending } = setUp();
    for (const item of [1, 2, 3, 4]) {
      void append(item).then(() => append(item * 10));
    }
    await settled();
    void append(5);
    pending[0]?.commit();
    await settled();
    expect(happened[1]).toBe("written 1 2 3 4");
    pending[1]?.commit();
    await settled();
    expect(happened.filter((what) => what.startsWith("write "))).toEqual([
      "write 1 2 3 4",
      "write 5 10 20 30",
    ]);
  });

  it("writes what is deferrable with what is not, and makes no batch for it meanwhile", async () => {
    const { append, settled, happened, pending } = setUp({ deferMs: 60_000 });
    void append(1, LATER);
    void append(2);
    await settled();
    void append(3, LATER);
    void append(4, LATER);
    pending[0]?.commit();
    await settled();
    expect(happened).toEqual(["write 1 2", "written 1 2", "done 1", "done 2"]);
    void append(5);
    await settled();
    expect(happened.at(-1)).toBe("write 3 4 5");
  });

  it("makes a batch of what is deferrable alone after its time, when it fills one, or when it closes", async () => {
    const soon = setUp({ deferMs: 1 });
    void soon.append(1, LATER);
    await vi.waitFor(() => expect(soon.happened).toEqual(["write 1"]));
    void soon.append(2, LATER);
    soon.pending[0]?.commit();
    await vi.waitFor(() => expect(soon.happened).toContain("write 2"));

    const many = setUp({ deferMs: 60_000 });
    for (const item of [1, 2, 3, 4, 5]) {
      void many.append(item, LATER);
    }
    await many.settled();
    expect(many.happened).toEqual(["write 1 2 3 4"]);
    const closing = many.commits.close();
    many.pending[0]?.commit();
    await vi.waitFor(() => expect(many.happened).toContain("write 5"));
    many.pending[1]?.commit();
    await closing;
    expect(many.happened.at(-1)).toBe("done 5");

    const idle = setUp({ deferMs: 60_000 });
    void idle.append(1, LATER);
    const closed = idle.commits.close();
    await idle.settled();
    idle.pending[0]?.commit();
    await closed;
    expect(idle.happened).toEqual(["write 1", "written 1", "done 1"]);
  });

  it("forgets what was deferrable when it fails what waits", async () => {
    const { commits, append, settled, happened, pending } = setUp({ deferMs: 60_000 });
    void append(1, LATER);
    commits.rejectWaiting(new AuditError("store_unavailable", "away"));
    await settled();
    void append(2);
    await settled();
    pending[0]?.commit();
    await settled();
    expect(happened).toEqual(["store_unavailable 1", "write 2", "written 2", "done 2"]);
  });

  it("bounds a batch by items and bytes, and takes a single large one", async () => {
    const { append, settled, happened, pending } = setUp();
    for (const item of [1, 2, 3, 4, 5, 300, 250]) {
      void append(item);
    }
    for (let batch = 0; batch < 3; batch += 1) {
      await settled();
      pending[batch]?.commit();
    }
    await settled();
    expect(happened.filter((what) => what.startsWith("write "))).toEqual([
      "write 1 2 3 4",
      "write 5 300",
      "write 250",
    ]);
    const alone = setUp({ queueBytes: 10 });
    void alone.append(5_000);
    expect(await alone.append(1)).toBe("overloaded");
    await alone.settled();
    expect(alone.happened).toContain("write 5000");
  });

  it("fails the callers of a batch that failed, those that it is told to, and goes on", async () => {
    const { commits, append, settled, happened, pending } = setUp();
    void append(1);
    await settled();
    void append(2);
    pending[0]?.fail(new AuditError("store_timeout", "late"));
    commits.rejectWaiting(new AuditError("store_unavailable", "away"));
    await settled();
    expect(happened).toEqual(["write 1", "store_unavailable 2", "store_timeout 1"]);
    expect(commits.waiting).toBe(0);
    void append(3);
    await settled();
    pending[1]?.commit();
    await settled();
    expect(happened.at(-1)).toBe("done 3");
  });

  it("closes when what waits is written, and takes nothing more", async () => {
    const { commits, append, settled, happened, pending } = setUp();
    void append(1);
    await settled();
    void append(2);
    const closing = commits.close().then(() => happened.push("closed"));
    expect(await append(3)).toBe("closed");
    pending[0]?.commit();
    await settled();
    pending[1]?.commit();
    await closing;
    expect(happened).toEqual([
      "write 1",
      "closed 3",
      "write 2",
      "written 1",
      "done 1",
      "written 2",
      "done 2",
      "closed",
    ]);
  });
});
