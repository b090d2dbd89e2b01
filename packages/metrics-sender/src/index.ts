export { createMetricsSender } from "./sender.ts";
export type {
  ActivityEvent,
  ClosedSender,
  MetricsSender,
  MetricsSenderOptions,
  RefusedEvent,
  ScoreEvent,
  SenderStats,
  SentEvent,
} from "./types.ts";
