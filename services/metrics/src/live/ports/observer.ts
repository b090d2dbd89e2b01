import type { CloseReason, MessageError, ResyncReason } from "../protocol/names.ts";

/** What happens to live connections. Implementations must not throw. */
export interface LiveObserver {
  opened(tenant: string): void;
  closed(event: { readonly tenant: string; readonly reason: CloseReason; readonly seconds: number }): void;
  /** A connection was refused because there are as many as may be. */
  refused(tenant: string): void;
  /** An update is written. `seconds`: since the oldest of it was committed; `null` where it brings no events. */
  updateSent(event: { readonly tenant: string; readonly seconds: number | null }): void;
  /** So many updates became part of a later one because the client had not taken the one before. */
  updatesDropped(event: { readonly tenant: string; readonly updates: number }): void;
  messageReceived(tenant: string): void;
  messageInvalid(event: { readonly tenant: string; readonly code: MessageError }): void;
  resynced(event: { readonly tenant: string; readonly reason: ResyncReason }): void;
  /** KPIs could not be read for an update. */
  kpisFailed(event: { readonly tenant: string; readonly error: unknown }): void;
}
