DROP FUNCTION metrics.webhook_keys_besides(text[]);
