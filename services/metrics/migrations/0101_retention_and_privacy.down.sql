DROP TABLE metrics.erasures, metrics.retention_states;
