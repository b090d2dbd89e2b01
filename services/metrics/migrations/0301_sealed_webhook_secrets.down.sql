-- No statement can open what is sealed: those webhooks get another secret, and are disabled until their tenant has rotated it.
SET LOCAL ROLE metrics_platform;
SELECT metrics.forget_webhook_key(NULL);
RESET ROLE;
DROP FUNCTION metrics.forget_webhook_key(text);
ALTER TABLE metrics.webhooks
  DROP CONSTRAINT webhooks_one_secret,
  DROP COLUMN sealed_previous,
  DROP COLUMN sealed_secret,
  ALTER COLUMN secret SET NOT NULL;
