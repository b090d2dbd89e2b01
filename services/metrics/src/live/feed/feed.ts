import { wait } from "@sark/observability/waiting";
import { eachInSlices } from "@sark/scheduling";
import type { LiveKpi } from "../protocol/names.ts";
import type { KpiValues } from "../protocol/server-message.ts";
import type { LiveObserver } from "../ports/observer.ts";
import type { History } from "../stream/history.ts";
import type { Streams } from "../stream/streams.ts";

/** The KPIs of a tenant as they are now. What is committed when it is asked counts. */
export type ReadKpis = (tenant: string) => Promise<Readonly<Record<LiveKpi, object>>>;

/** How a tenant stood when KPIs were read last. */
export interface Snapshot {
  readonly epoch: string;
  /** All up to here counts in the KPIs. */
  readonly seq: number;
  /** `null` where they could not be read. */
  readonly kpis: Readonly<Record<LiveKpi, object>> | null;
  /** Another number where the KPIs are others. */
  readonly version: number;
}

/** Told whenever there is another snapshot. */
export interface Subscriber {
  offer(): void;
}

/** What the connections of one tenant have in common: KPIs are read once for all of them. */
export interface Feed {
  /** `null` before they were read for the first time. */
  readonly snapshot: Snapshot | null;
  history(): History | undefined;
  join(subscriber: Subscriber): void;
  leave(subscriber: Subscriber): void;
  /** Reads again, soon: at most once in `leastMs`. */
  refresh(): void;
  /** Of the KPIs of the snapshot, as JSON text that is made once. */
  update(previous: number, kpis: readonly LiveKpi[], withKpis: boolean): string;
  readonly size: number;
  close(): void;
}

export function createFeed(deps: {
  readonly tenant: string;
  readonly streams: Streams;
  readonly readKpis: ReadKpis;
  readonly observer: LiveObserver;
  readonly leastMs: number;
}): Feed {
  const { tenant, streams, observer } = deps;
  const closing = new AbortController();
  const members = new Set<Subscriber>();
  let snapshot: Snapshot | null = null;
  let kpisText = "";
  let running = false;
  let again = false;
  const texts = new Map<string, string>();

  async function read(): Promise<void> {
    const history = streams.historyOf(tenant);
    if (history === undefined) {
      return;
    }
    const { epoch, seq } = history;
    const kpis = await deps.readKpis(tenant).catch((error: unknown) => {
      observer.kpisFailed({ tenant, error });
      return null;
    });
    const text = kpis === null ? kpisText : JSON.stringify(kpis);
    const version = (snapshot?.version ?? 0) + (text === kpisText ? 0 : 1);
    kpisText = text;
    snapshot = { epoch, seq, kpis, version };
    texts.clear();
  }

  async function run(): Promise<void> {
    running = true;
    while (again && !closing.signal.aborted) {
      again = false;
      const started = performance.now();
      await read();
      // With many of them other work gets its turns in between.
      await eachInSlices(members, (member) => member.offer());
      // A database that takes long is not asked without a pause.
      await wait(Math.max(deps.leastMs, performance.now() - started), { signal: closing.signal });
    }
    running = false;
  }

  return {
    get snapshot() {
      return snapshot;
    },
    history: () => streams.historyOf(tenant),
    join: (subscriber) => void members.add(subscriber),
    leave: (subscriber) => void members.delete(subscriber),
    refresh() {
      again = true;
      if (!running) {
        void run();
      }
    },
    update(previous, kpis, withKpis) {
      const key = `${previous} ${kpis.join()} ${withKpis}`;
      let text = texts.get(key);
      if (text === undefined) {
        texts.set(key, (text = write(previous, kpis, withKpis)));
      }
      return text;
    },
    get size() {
      return members.size;
    },
    close: () => closing.abort(),
  };

  function write(previous: number, names: readonly LiveKpi[], withKpis: boolean): string {
    const { seq = previous, kpis = null } = snapshot ?? {};
    const ingested = streams.historyOf(tenant)?.since(previous, seq)?.ingested;
    const values: KpiValues | undefined =
      kpis === null || !withKpis
        ? undefined
        : (Object.fromEntries(names.map((name) => [name, kpis[name]])) as KpiValues);
    return JSON.stringify({ type: "update", previous, seq, ingested, kpis: values });
  }
}
