import type { Product } from "../../audit-events/producer.ts";
import type { Format } from "../../audit-events/format.ts";
import type { TlsNotice } from "../../http/tls-files.ts";
import type { Compression } from "../../domain/compression.ts";

/** What every sink is made with, in addition to its own settings. */
export interface SinkContext {
  /** Name of the destination. */
  readonly destination: string;
  readonly format: Format;
  readonly compression: Compression;
  /** A request has this long, response included, in milliseconds. */
  readonly requestTimeoutMs: number;
  readonly maxConnections: number;
  /** Whose events are sent. */
  readonly product: Product;
  /** Name of this machine or replica, as events say it. */
  readonly host: string;
  readonly environment: NodeJS.ProcessEnv;
  /** Hears of TLS files that changed. */
  readonly tlsNotice?: TlsNotice;
}
