DROP TABLE metrics.quota_notices, metrics.webhook_deliveries, metrics.webhook_events, metrics.webhook_thresholds, metrics.webhooks;
