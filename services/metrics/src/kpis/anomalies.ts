import type { Database, Queryable } from "../database/database.ts";
import type { TenantEvent } from "../domain/webhooks.ts";
import type { PageRequest, Span } from "./query.ts";

/** An hour whose scores are far from the usual. */
export interface ScoreAnomaly {
  /** Unix milliseconds. */
  readonly hour: number;
  /** `null`: of the whole tenant. */
  readonly team: string | null;
  readonly scores: number;
  readonly mean: number;
  /** Median of the hourly means before. */
  readonly usual: number;
  /** Modified z-score: negative below the usual. */
  readonly deviation: number;
}

/** What is found out of scores. Implementations must not throw. */
export interface AnomalyObserver {
  found(tenant: string, anomaly: ScoreAnomaly): void;
}

export interface ScoreAnomalies {
  /** Looks at the whole hours of the last two days anew, so that late scores count. Finds each anomaly once. */
  detect(tenant: string, now: Date): Promise<void>;
  /** By hour, then by team; positions of pages are those of the last one, `""` stands for the whole tenant. */
  list(
    tenant: string,
    span: Span,
    page: PageRequest<readonly [hour: number, team: string]>,
  ): Promise<readonly ScoreAnomaly[]>;
}

interface Row extends Record<string, unknown> {
  readonly hour: Date;
  readonly team: string;
  readonly scores: number;
  readonly mean: number;
  readonly usual: number;
  readonly deviation: number;
  readonly is_new: boolean;
}

const COLUMNS = "hour, team, scores::float8 AS scores, mean, usual, deviation";

// The modified z-score of Iglewicz and Hoaglin (1993): 0.6745 · (x − median) / MAD, an anomaly from 3.5 on. Median and MAD are of the
// hourly means of four weeks before: outliers of before do not hide those of now. MAD counts as at least one point, so that scores that
// hardly ever change make no anomaly of a small step. At least a day of hours to compare with, and five scores in the hour.
const DETECT = `WITH grouped AS (
  SELECT start_at AS hour, CASE WHEN grouping(coalesce(team, '')) = 1 THEN '' ELSE coalesce(team, '') END AS team,
         grouping(coalesce(team, '')) = 1 AS is_whole, sum(scores) AS scores, (sum(total) / sum(scores))::float8 AS mean
  FROM metrics.score_sums_between($1, date_trunc('hour', $2::timestamptz, 'UTC') - interval '672 hours',
                              date_trunc('hour', $2::timestamptz, 'UTC'), false)
  GROUP BY GROUPING SETS ((start_at), (start_at, coalesce(team, '')))
), hourly AS MATERIALIZED (
  SELECT hour, team, scores, mean FROM grouped WHERE is_whole OR team <> ''
), compared AS (
  SELECT c.hour, c.team, c.scores, c.mean, m.usual,
         0.6745 * (c.mean - m.usual) / greatest(1, (
           SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY abs(h.mean - m.usual))
           FROM hourly h WHERE h.team = c.team AND h.hour < c.hour
         )) AS deviation
  FROM hourly c CROSS JOIN LATERAL (
    SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY h.mean) AS usual, count(*) AS hours
    FROM hourly h WHERE h.team = c.team AND h.hour < c.hour
  ) m
  WHERE c.hour >= $2::timestamptz - interval '48 hours' AND c.scores >= 5 AND m.hours >= 24
), found AS (
  SELECT * FROM compared WHERE abs(deviation) >= 3.5
), removed AS (
  DELETE FROM metrics.score_anomalies a
  WHERE a.tenant_id = $1 AND a.hour >= $2::timestamptz - interval '48 hours'
    AND NOT EXISTS (SELECT FROM found f WHERE f.hour = a.hour AND f.team = a.team)
)
INSERT INTO metrics.score_anomalies AS a (tenant_id, hour, team, scores, mean, usual, deviation)
SELECT $1, hour, team, scores, mean, usual, deviation FROM found
ON CONFLICT (tenant_id, hour, team) DO UPDATE
SET scores = excluded.scores, mean = excluded.mean, usual = excluded.usual, deviation = excluded.deviation
RETURNING ${COLUMNS}, xmax = 0 AS is_new`;

export function createScoreAnomalies(
  database: Pick<Database, "asTenant" | "asPlatform">,
  observer: AnomalyObserver,
  /** Tells the tenant, if what is written with it is committed. */
  publish: (tx: Queryable, tenant: string, event: TenantEvent) => Promise<unknown>,
): ScoreAnomalies {
  return {
    async detect(tenant, now) {
      const found = await database.asPlatform("kpis", async (tx) => {
        const { rows } = await tx.query<Row>(DETECT, [tenant, now]);
        const fresh = rows.filter(({ is_new }) => is_new).map(toAnomaly);
        for (const { hour, ...anomaly } of fresh) {
          const data = { hour: new Date(hour).toISOString(), ...anomaly };
          await publish(tx, tenant, { type: "score_anomaly.found", data });
        }
        return fresh;
      });
      for (const anomaly of found) {
        observer.found(tenant, anomaly);
      }
    },
    async list(tenant, { from, to }, { after, limit }) {
      const { rows } = await database.asTenant("kpis", tenant, (tx) =>
        tx.query<Row>(
          `SELECT ${COLUMNS} FROM metrics.score_anomalies
           WHERE tenant_id = $1 AND hour >= $2 AND hour < $3
             AND ($4::timestamptz IS NULL OR (hour, team COLLATE "C") > ($4, $5::text))
           ORDER BY hour, team COLLATE "C" LIMIT $6`,
          [
            tenant,
            new Date(from),
            new Date(to),
            after === null ? null : new Date(after[0]),
            after?.[1] ?? null,
            limit,
          ],
        ),
      );
      return rows.map(toAnomaly);
    },
  };
}

function toAnomaly({ hour, team, scores, mean, usual, deviation }: Row): ScoreAnomaly {
  return { hour: hour.getTime(), team: team === "" ? null : team, scores, mean, usual, deviation };
}
