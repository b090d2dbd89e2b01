DROP TABLE metrics.score_anomalies;
