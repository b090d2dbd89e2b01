import { expect, it } from "vitest";
import { createProfiler, ProfilerBusyError } from "./profiler.ts";

interface CpuProfile {
  readonly nodes: readonly { readonly id: number; readonly callFrame: { readonly functionName: string } }[];
  readonly samples: readonly number[];
}

function spinUntil(done: () => boolean): void {
  let sum = 0;
  while (!done()) {
    sum += 1;
  }
  expect(sum).toBeGreaterThan(0);
}

it("says where the time went, until it is ended [LOG-4]", async () => {
  const profiler = createProfiler();
  const ending = new AbortController();
  const taken = profiler.take("cpu", 60_000, ending.signal);
  await expect(profiler.take("heap", 1)).rejects.toThrow(ProfilerBusyError);
  await new Promise(setImmediate);
  const until = performance.now() + 60;
  spinUntil(() => performance.now() > until);
  ending.abort();
  const { nodes, samples } = JSON.parse(await taken) as CpuProfile;
  const spinning = new Set(
    nodes.filter(({ callFrame }) => callFrame.functionName === "spinUntil").map(({ id }) => id),
  );
  expect(samples.some((id) => spinning.has(id))).toBe(true);
});

it("says where memory is allocated, and holds nothing of what is in it [LOG-4]", async () => {
  const profiler = createProfiler();
  const ending = new AbortController();
  const taken = profiler.take("heap", 60_000, ending.signal);
  await new Promise(setImmediate);
  const kept = Array.from({ length: 20_000 }, (_, at) => ({ planted: `hunter2-${at}` }));
  ending.abort();
  const profile = await taken;
  expect(JSON.parse(profile)).toMatchObject({
    head: { children: expect.any(Array) },
    samples: expect.any(Array),
  });
  expect(kept).toHaveLength(20_000);
  expect(profile).not.toContain("hunter2-");
  // The next one can be taken.
  expect(JSON.parse(await profiler.take("cpu", 1))).toHaveProperty("nodes");
});
