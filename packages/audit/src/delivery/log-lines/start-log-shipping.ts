import { combineObservers } from "../../combine-observers.ts";
import { SILENT_DELIVERY_OBSERVER, type DeliveryObserver } from "../engine/ports/observer.ts";
import { wait, waitUntil } from "@sark/observability/waiting";
import { LOG_NAMES, type LogFiles, type LogName } from "@sark/observability/logging";
import { checkReceiver } from "../http/check-receiver.ts";
import { toSettings } from "../engine/settings/settings-schema.ts";
import { startLeading } from "../engine/lead-destinations.ts";
import type { Delivery, DestinationSnapshot } from "../engine/delivery.ts";
import { DeliveryError } from "../domain/errors.ts";
import type { DestinationControl, DestinationStatus } from "../engine/ports/destination-control.ts";
import type { Quarantine } from "../engine/ports/quarantine.ts";
import type { PreparedRequest, Sink } from "../domain/sink.ts";
import { createCloudWatchSink } from "../sinks/cloudwatch/cloudwatch-sink.ts";
import type { LogShippingConfig } from "./config.ts";
import { createFileFeed } from "./file-feed.ts";
import { createFileLedger } from "./file-ledger.ts";
import { statusOfLog } from "./log-status.ts";
import { lineEncoding, type LogLineEvent } from "./log-line.ts";

/** Which log files are shipped, and how. */
export interface LogShippingOptions {
  readonly files: LogFiles;
  readonly config: LogShippingConfig;
  /** Name of this machine or replica: the log stream, unless the configuration names one. */
  readonly host: string;
  /** Where its secrets are; nothing else of the environment is read. Default: none. */
  readonly environment?: NodeJS.ProcessEnv;
  readonly observer?: Partial<DeliveryObserver>;
  /** Pause between two looks at the files, in milliseconds. Default 500. */
  readonly pollMs?: number;
}

/** Ships log files to CloudWatch Logs: each log into its own group, in order, from where it stopped. */
export interface LogShipping extends Pick<Delivery, "snapshots" | "check" | "quarantine" | "wake" | "flush"> {
  /** Of this process's logs alone; each replica has its own. */
  readonly control: Omit<DestinationControl, "remove">;
  /** Ships what is written by now, as far as it goes in that time; the rest waits in its files for the next start. */
  close(drainMs?: number): Promise<void>;
}

const FLUSH_POLL_MS = 20;
/** What is under way in the end has this long to end. */
const LAST_REQUESTS_MS = 1_000;

/** Starts to ship; returns at once. The files must be those of this process alone. Throws `DeliveryError` on bad settings. */
export function startLogShipping(options: LogShippingOptions): LogShipping {
  // All of them before any is started: bad settings start nothing.
  const sinks = LOG_NAMES.map((name) => ({ name, sink: createSink(name, options) }));
  const shippers = sinks.map(({ name, sink }) => startShipper(name, sink, options));

  function find(name: string): Shipper {
    const found = shippers.find((shipper) => shipper.snapshot().name === name);
    if (found === undefined) {
      throw new DeliveryError("unknown_destination", `There is no destination "${name}".`);
    }
    return found;
  }

  return {
    snapshots: () => shippers.map((shipper) => shipper.snapshot()),
    check: async (name, signal) => find(name).check(signal),
    wake: () => shippers.forEach((shipper) => shipper.wake()),
    async flush(name, signal) {
      const shipper = find(name);
      const upTo = shipper.requestFlush();
      const isSettled = () => shipper.status().cursorSeq >= upTo;
      if (!(await waitUntil(isSettled, { everyMs: FLUSH_POLL_MS, signal }))) {
        signal.throwIfAborted();
      }
    },
    control: {
      status: () => Promise.resolve(shippers.map((shipper) => shipper.status())),
      pause: async (name, reason) => find(name).pause(reason),
      resume: async (name) => find(name).resume(),
      requestFlush: async (name) => find(name).requestFlush(),
      cursor: async (name) => find(name).status().cursorSeq,
    },
    quarantine: {
      list: async (name, page) => find(name).quarantine.list(name, page),
      replay: async (selection) => find(selection.destination).quarantine.replay(selection),
      discard: async (selection) => find(selection.destination).quarantine.discard(selection),
    },
    async close(drainMs = options.config.drainTimeout) {
      await Promise.all(shippers.map((shipper) => shipper.close(drainMs)));
    },
  };
}

type LineSink = Sink<PreparedRequest<LogLineEvent>>;

interface Shipper {
  snapshot(): DestinationSnapshot;
  check(signal: AbortSignal): Promise<void>;
  status(): DestinationStatus;
  wake(): void;
  pause(reason: string): Promise<void>;
  resume(): Promise<void>;
  requestFlush(): number;
  readonly quarantine: Quarantine;
  close(drainMs: number): Promise<void>;
}

/** No destination of the audit log can have such a name. */
const destinationOf = (log: LogName) => `logs/${log}`;

function createSink(
  log: LogName,
  { config, host, environment = {}, observer }: LogShippingOptions,
): LineSink {
  const { region, endpoint, credentials, retention, tls, groupPrefix, stream } = config;
  return createCloudWatchSink<LogLineEvent>(
    {
      type: "cloudwatch",
      region,
      endpoint,
      credentials,
      retention,
      tls,
      logGroup: `${groupPrefix}${log}`,
      logStream: stream,
    },
    {
      destination: destinationOf(log),
      format: lineEncoding,
      compression: "none",
      requestTimeoutMs: config.requestTimeout,
      maxConnections: 1,
      host,
      environment,
      tlsNotice: (problem) => observer?.tlsFilesChanged?.(destinationOf(log), problem),
    },
  );
}

function startShipper(log: LogName, sink: LineSink, options: LogShippingOptions): Shipper {
  const name = destinationOf(log);
  const file = options.files.log(log);
  const reader = file.openReader();
  const ledger = createFileLedger(file, name);
  // One request at a time: a group has its lines in the order in which they were written.
  const settings = toSettings({ ...options.config, maxConcurrency: 1, checkpointInterval: Infinity }, "none");
  const leading = startLeading<LogLineEvent>({
    openSession: ledger.openSession,
    feed: createFileFeed(log, reader),
    destinations: [{ name, enabled: true, start: { from: "seq", seq: 0 }, settings, sink }],
    observer: combineObservers(SILENT_DELIVERY_OBSERVER, options.observer ?? {}),
    pollMs: options.pollMs ?? 500,
    electionMs: Infinity,
  });

  /** While the service takes lines: it is not worth waiting for one that is away. */
  async function flush(drainMs: number): Promise<void> {
    const until = performance.now() + drainMs;
    const upTo = requestFlush();
    // It may have started a moment ago, and not have tried yet.
    const mayWork = () => (leading.snapshot(name)?.state ?? "running") === "running";
    while (ledger.position.next < upTo && mayWork() && performance.now() < until) {
      await wait(FLUSH_POLL_MS);
    }
  }

  function requestFlush(): number {
    const upTo = ledger.flush();
    leading.wake();
    return upTo;
  }

  const snapshot = (): DestinationSnapshot => ({
    name,
    platform: sink.platform,
    enabled: true,
    probeIntervalMs: settings.probeIntervalMs,
    leading: leading.snapshot(name),
  });

  return {
    snapshot,
    check: (signal) => checkReceiver(sink, signal),
    status: () => statusOfLog(snapshot(), ledger, { head: file.head, replica: options.host }),
    wake: leading.wake,
    pause: (reason) => ledger.pause(reason).then(leading.wake),
    resume: () => ledger.resume().then(leading.wake),
    requestFlush,
    quarantine: {
      ...ledger.quarantine,
      async replay(selection) {
        const replaying = await ledger.quarantine.replay(selection);
        leading.wake();
        return replaying;
      },
    },
    async close(drainMs) {
      await flush(drainMs);
      await leading.stop(LAST_REQUESTS_MS);
      await sink.close();
      await reader.close();
    },
  };
}
