import { queryDatabase } from "@sark/testkit";
import { metricsService, type Habits, type MetricsServicePart } from "../parts/metrics-service.ts";
import type { Incident, Incidents } from "../incident.ts";
import type { World } from "../world.ts";

type Strike = (service: MetricsServicePart, world: World) => Promise<() => unknown> | (() => unknown);

/** An incident of a service whose tenants behave so. */
function incident(
  given: Pick<Incident, "what" | "alerts" | "scale"> & {
    readonly habits?: Habits;
    /** Seconds for which they have behaved so. Default: 1. */
    readonly since?: number;
    readonly strike: Strike;
  },
): Incident {
  const { habits = {}, since = 1, strike, ...rest } = given;
  return {
    ...rest,
    needs: [metricsService],
    async prepare(world) {
      const service = world.part(metricsService);
      service.behave(habits);
      await world.untilSince("metrics_api_request_duration_seconds_count", since);
      return () => undefined;
    },
    strike: (world) => strike(world.part(metricsService), world),
  };
}

/** A transaction holds what each request needs for so long, lets go, and takes it again. */
function holdTables(service: MetricsServicePart, world: World, seconds: number): () => void {
  const hold = `BEGIN; LOCK TABLE metrics.activity_events IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(${seconds}); COMMIT`;
  return world.keep(() => queryDatabase(service.databaseUrl, hold), 1, 10);
}

const HOUR_IS_30_S = 120;

/** The metrics service. */
export const metricsServiceIncidents: Incidents = {
  "metrics-service-killed": incident({
    what: "the metrics service cannot be reached",
    alerts: ["MetricsServiceDown"],
    strike({ ways }) {
      ways.scrapes.strike("killed");
      return () => ways.scrapes.mend();
    },
  }),
  "metrics-database-killed": incident({
    what: "the database of the metrics service is killed",
    alerts: ["DatabaseConnectionFailure", "APIHighErrorRate"],
    // A scrape of a busy process fits into a minute of three seconds.
    scale: 20,
    strike({ ways }) {
      ways.database.strike("killed");
      return () => ways.database.mend();
    },
  }),
  "metrics-database-slow": incident({
    what: "transactions hold a table that requests need for a second each",
    alerts: ["APIHighLatency", "SlowResponseTime"],
    strike: (service, world) => holdTables(service, world, 1),
  }),
  "metrics-database-held": incident({
    what: "a transaction holds a table, so that requests keep their connections",
    alerts: ["DatabaseHighConnections"],
    habits: { atOnce: 4, reads: 0 },
    strike: (service, world) => holdTables(service, world, 9),
  }),
  "metrics-traffic-rises": incident({
    what: "tenants send twenty times as much as an hour before",
    alerts: ["UnusualTraffic"],
    scale: HOUR_IS_30_S,
    habits: { pauseMs: 1_000 },
    since: 33,
    strike(service) {
      service.behave({ pauseMs: 10, atOnce: 2 });
      return () => service.behave({ pauseMs: 1_000 });
    },
  }),
  "metrics-memory-leaks": incident({
    what: "the process of the metrics service keeps what it needs no more",
    alerts: ["HighMemoryUsage", "CriticalMemoryUsage"],
    strike(service) {
      service.goWrong({ leak: 0.92 });
      return () => service.goWrong({ leak: 0 });
    },
  }),
  "metrics-thread-busy": incident({
    what: "the thread of the metrics service computes all the time",
    alerts: ["HighCPUUsage", "CriticalCPUUsage"],
    // A scrape of a busy process takes longer than half a minute of one second.
    scale: 20,
    strike(service) {
      service.goWrong({ burn: true });
      return () => service.goWrong({ burn: false });
    },
  }),
  "metrics-disk-full": incident({
    what: "the file system (tmpfs) of the metrics service is nearly full",
    alerts: ["HighDiskUsage"],
    strike({ disk }) {
      disk.fill();
      return () => disk.empty();
    },
  }),
  "live-connections-lost": incident({
    what: "what stands between clients and the metrics service drops 90 live connections",
    alerts: ["WebSocketConnectionDrop"],
    async strike(service) {
      await Promise.all(Array.from({ length: 90 }, () => service.connectLive()));
      service.ways.clients.strike("killed");
      return () => service.ways.clients.mend();
    },
  }),
  "background-job-broken": incident({
    what: "the table that roll-ups write has another name",
    alerts: ["BackgroundJobsFailing"],
    async strike({ databaseUrl }) {
      await queryDatabase(databaseUrl, "ALTER TABLE metrics.activity_hours RENAME TO other_hours");
      return () => queryDatabase(databaseUrl, "ALTER TABLE metrics.other_hours RENAME TO activity_hours");
    },
  }),
  "few-users": incident({
    what: "one user of each of four tenants is active; then there are more",
    alerts: ["LowUserActivity"],
    habits: { users: 1 },
    strike(service) {
      return () => service.behave({ users: 15 });
    },
  }),
  "scores-fall": incident({
    what: "all scores are 20",
    alerts: ["ProductivityScoreAnomaly"],
    strike(service) {
      service.behave({ score: 20 });
      return () => service.behave({ score: 90 });
    },
  }),
  "kpi-cache-degraded": incident({
    what: "after a day of readings alone each one comes after a change, so that none was there already",
    alerts: ["CacheHitRateDegraded"],
    // A day is two minutes.
    scale: 720,
    habits: { sends: false, reads: 5 },
    since: 122,
    strike(service) {
      service.behave({ reads: 1 });
      return () => service.behave({ sends: false, reads: 5 });
    },
  }),
};
