import { wait, waitUntil } from "@sark/observability/waiting";
import { send } from "../support/requests.ts";
import { processFigures } from "../support/process-figures.ts";
import { total } from "../hostile/checks/metrics.ts";
import { measureGrowth, RULE, type Growth, type Sample } from "./flatness.ts";
import { connectInspector } from "./inspector.ts";
import { ACTIVITIES } from "./load.ts";
import { startSoakWorld, type SoakWorld } from "./world.ts";

export interface SoakOptions {
  readonly minutes: number;
  readonly sampleMs: number;
  progress?(sample: Sample, done: number): void;
}

export interface SoakReport {
  readonly minutes: number;
  /** How often each activity was done, and how often not as it should be, with the first few reasons. */
  readonly activities: Readonly<Record<string, { readonly done: number; readonly failed: number }>>;
  readonly failures: readonly string[];
  readonly delivered: number;
  readonly rule: string;
  readonly growth: readonly Growth[];
  /** What is left of the load when it has ended and its sessions have expired; all 0. */
  readonly left: Readonly<Record<string, number>>;
  readonly samples: readonly Sample[];
  readonly ok: boolean;
}

/** Sessions that were abandoned have to end, and what is to be delivered has to arrive. */
const REST_MS = 180_000;

/** Puts a mixed load on a gateway, looks at what it takes, and whether that stays as it is. */
export async function runSoak({ minutes, sampleMs, progress }: SoakOptions): Promise<SoakReport> {
  const world = await startSoakWorld();
  try {
    const inspector = await connectInspector(world.gateway.stderr());
    const activities = Object.fromEntries(
      Object.keys(ACTIVITIES).map((name) => [name, { done: 0, failed: 0 }]),
    );
    const failures: string[] = [];
    const samples: Sample[] = [];
    const began = performance.now();
    const ends = began + minutes * 60_000;

    const clients = Object.entries(ACTIVITIES).flatMap(([name, { run, atOnce, restMs }]) =>
      Array.from({ length: atOnce }, async (_none, nr) => {
        const counts = activities[name] ?? { done: 0, failed: 0 };
        for (let round = nr; performance.now() < ends; round += atOnce) {
          await run(world, round).catch((error: unknown) => {
            counts.failed += 1;
            failures.push(`${name}: ${String(error)}`);
          });
          counts.done += 1;
          await wait(restMs);
        }
      }),
    );
    const sampler = (async () => {
      while (performance.now() < ends) {
        await wait(sampleMs);
        const heap = await inspector.liveHeap();
        const sample = { atMs: performance.now() - began, heap, ...processFigures(world.gateway.pid) };
        samples.push(sample);
        world.tools.clearRequests();
        world.gateway.takeLines();
        progress?.(
          sample,
          Object.values(activities).reduce((sum, { done }) => sum + done, 0),
        );
      }
    })();
    await Promise.all([...clients, sampler]);
    inspector.close();
    const left = await leftOver(world);
    const growth = measureGrowth(samples);
    const ended = world.gateway.ended();
    const ok =
      ended === null &&
      failures.length === 0 &&
      growth.every(({ flat }) => flat) &&
      Object.values(left).every((value) => value === 0);
    return {
      minutes,
      activities,
      failures: [...(ended === null ? [] : [`the gateway ended: ${ended}`]), ...failures.slice(0, 20)],
      delivered: world.delivered(),
      rule: RULE,
      growth,
      left,
      samples,
      ok,
    };
  } finally {
    await world.close();
  }
}

/** Waits until nothing is left of the load, or for as long as that may take. */
async function leftOver({ gateway, headers, tools }: SoakWorld): Promise<Record<string, number>> {
  const look = async (): Promise<Record<string, number>> => {
    const { text } = await send(gateway.url, { method: "GET", path: "/metrics", headers: headers("root") });
    const { json } = await send(gateway.url, {
      method: "GET",
      path: "/api/v1/siem/destinations",
      headers: headers("root"),
    });
    const { destinations } = json as { destinations: { behind: { events: number } }[] };
    const { json: listed } = await send(gateway.url, {
      method: "GET",
      path: "/admin/v1/sessions?limit=1000",
      headers: headers("root"),
    });
    return {
      requests: total(text, "sark_gateway_requests_in_flight") - 1,
      streams: total(text, "sark_gateway_open_streams"),
      processes: total(text, "sark_gateway_upstream_processes", 'role="session"'),
      sessions: (listed as { sessions: unknown[] }).sessions.length,
      "sessions of the server": tools.sessions(),
      "events to deliver": destinations.reduce((sum, { behind }) => sum + behind.events, 0),
    };
  };
  let left = await look();
  const until = performance.now() + REST_MS;
  await waitUntil(
    async () => {
      left = await look();
      return Object.values(left).every((value) => value === 0) || performance.now() > until;
    },
    { everyMs: 500 },
  );
  return left;
}
