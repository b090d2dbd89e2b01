-- Hours whose mean score is far from what is usual, of the whole tenant (team '') or of one team. No person is named.
CREATE TABLE metrics.score_anomalies (
  tenant_id text NOT NULL,
  hour timestamptz NOT NULL,
  team text NOT NULL,
  scores bigint NOT NULL,
  mean double precision NOT NULL,
  usual double precision NOT NULL,
  deviation double precision NOT NULL,
  detected_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, hour, team)
);
CALL metrics.protect('score_anomalies', 'SELECT');
