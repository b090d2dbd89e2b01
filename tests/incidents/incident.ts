import type { Part } from "./parts/part.ts";
import type { World } from "./world.ts";

/** A real fault of the running system, and the alerts that it must bring about. */
export interface Incident {
  readonly what: string;
  readonly alerts: readonly string[];
  /** By how much durations of rules are shorter. Default: 60, so that a minute is a second. */
  readonly scale?: number;
  /** What of the system is started for this one beside what always is. */
  readonly needs?: readonly Part<unknown>[];
  /** What is not real about it, and why. */
  readonly played?: string;
  /** What has to be so for a while before it: an alert about a change compares with it. Resolves to what ends it. */
  prepare?(world: World): Promise<() => unknown>;
  /** Begins the fault; resolves to what ends it. */
  strike(world: World): Promise<() => unknown> | (() => unknown);
}

export type Incidents = Readonly<Record<string, Incident>>;
type Doing = (world: World) => Promise<() => Promise<unknown>>;

/** Something that stands between two parts fails. */
export function breakWay(name: keyof World["ways"], fault: "killed" | "paused" = "killed") {
  return ({ ways }: World) => {
    ways[name].strike(fault);
    return () => ways[name].mend();
  };
}

/** Traffic of this kind in the place of the ordinary one. */
export function instead(doing: Doing, atOnce = 1, pauseMs = 50) {
  return async (world: World) => {
    const one = await doing(world);
    world.traffic.stop();
    const stop = world.keep(one, atOnce, pauseMs);
    return () => {
      stop();
      world.traffic.start();
    };
  };
}

/** Traffic of this kind beside the ordinary one. */
export function aside(doing: Doing, atOnce = 1, pauseMs = 50) {
  return async (world: World) => world.keep(await doing(world), atOnce, pauseMs);
}

let unique = 0;

/** No two calls are alike: decisions in the cache are no calls to OPA. */
export function unlike() {
  return instead(async (world) => () => world.call("echo", { text: `unlike ${(unique += 1)}` }));
}

export const tokenOf = (world: World, sub: string) => world.issuer.issue({ sub });
