/** What a webhook may ask to be told of. */
export const SUBSCRIBED_EVENTS = [
  "score_anomaly.found",
  "quota.near",
  "quota.exceeded",
  "erasure.completed",
  "webhook.disabled",
] as const;
/** What goes to one webhook, whatever it has asked for: its own thresholds, and a test. */
export const TARGETED_EVENTS = ["kpi.threshold_crossed", "kpi.threshold_cleared", "webhook.test"] as const;
export const TENANT_EVENTS = [...SUBSCRIBED_EVENTS, ...TARGETED_EVENTS] as const;
export type SubscribedEvent = (typeof SUBSCRIBED_EVENTS)[number];
export type TenantEventType = (typeof TENANT_EVENTS)[number];

/** Something of a tenant that its webhooks are told. */
export interface TenantEvent {
  readonly type: TenantEventType;
  /** Becomes `data` of the message: plain JSON, small, and without secrets. */
  readonly data: Readonly<Record<string, string | number | boolean | null>>;
  /** Goes to this one alone. */
  readonly webhook?: string;
}
