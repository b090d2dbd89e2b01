import type { Telemetry } from "../telemetry/telemetry.ts";

/** A gateway that listens. */
export interface Gateway {
  /** Where it listens, e.g. `http://127.0.0.1:8000`. */
  readonly url: string;
  /** Where `/admin` is served, `/metrics` and the audit log; `null`: where everything is. */
  readonly adminUrl: string | null;
  /** The key of role `admin`, made on the first start; the file's path. */
  readonly adminKeyFile: string;
  /** Connection string of the audit database. */
  readonly databaseUrl: string;
  /** What a newcomer needs to see. */
  readonly welcome: string;
  readonly telemetry: Telemetry;
  /** What the signal for debugging does. */
  switchLevels(): void;
  /** Stops taking requests, lets those in flight end within `http.drainTimeout`, writes what waits, ends its servers. */
  close(): Promise<void>;
}
