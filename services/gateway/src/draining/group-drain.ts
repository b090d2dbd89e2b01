import type { Json } from "@sark/json";
import type { ProcessGroup } from "../domain/process-group.ts";
import { DRAIN_STATES, type DrainControl, type DrainRequest, type DrainStatus } from "./drain-control.ts";

/** Takes all processes behind one address out of service together: a balancer knows them as one. */
export interface GroupDrain {
  begin(request: DrainRequest): Promise<DrainStatus>;
  /** `null` where the process of one of them ends. */
  end(): Promise<DrainStatus | null>;
  status(): Promise<DrainStatus>;
}

/** What the processes are asked: to drain like this, to end draining (`null`). */
type Question = DrainRequest | null;

export function createGroupDrain(group: ProcessGroup, own: DrainControl): GroupDrain {
  group.onAsked("drain", (asked) => {
    const request = asked as unknown as Question;
    if (request === null) {
      return own.end() ? toJson(own.status()) : null;
    }
    own.begin(request);
    return toJson(own.status());
  });
  group.onAsked("drain-status", () => toJson(own.status()));

  return {
    async begin(request) {
      return together(await group.ask("drain", { ...request }, { lasting: true }));
    },
    async end() {
      const statuses = await group.ask("drain", null, { lasting: true });
      return statuses.includes(null) ? null : together(statuses);
    },
    async status() {
      return together(await group.ask("drain-status", null));
    },
  };

  function together(statuses: readonly Json[]): DrainStatus {
    const known = statuses as unknown as readonly DrainStatus[];
    return known.length === 0 ? own.status() : known.reduce(sum);
  }
}

/** As far as the one that is least far. */
function sum(one: DrainStatus, other: DrainStatus): DrainStatus {
  const state = DRAIN_STATES.find((each) => each === one.state || each === other.state) ?? one.state;
  const times = [one.since, other.since].filter((time) => time !== null);
  const cuts = [one.cutAt, other.cutAt].filter((time) => time !== null);
  return {
    state,
    since: times.length === 0 ? null : Math.min(...times),
    cutAt: cuts.length === 0 ? null : Math.max(...cuts),
    callsRunning: one.callsRunning + other.callsRunning,
    streamsOpen: one.streamsOpen + other.streamsOpen,
    callsCut: one.callsCut + other.callsCut,
  };
}

function toJson(status: DrainStatus): Json {
  return { ...status };
}
