import { SCORE_BOUNDS } from "../domain/kpis.ts";

// Scores of the last hour to the millisecond, of two hours that have begun. Of each hour the totals are taken; of the hour before, the part
// that has fewer raw rows is read, and what lies ahead of now is subtracted: senders' clocks may be ahead, and little is.

const COLUMNS = ["scores", "total", ...SCORE_BOUNDS.map((bound) => `to_${bound}`)];

const signed = (sign: 1 | -1, from: string, to: string, condition = "true") => `
  SELECT ${COLUMNS.map((column) => `${sign} * ${column} AS ${column}`).join(", ")}
  FROM moment m, metrics.score_sums_between($1, ${from}, ${to}, false) WHERE ${condition}`;

const HOUR = "interval '1 hour'";
const FEW_SINCE = "m.until - m.hour < interval '30 minutes'";
const MANY_SINCE = "m.until - m.hour >= interval '30 minutes'";

/** Rows whose sums are those of the last hour, of the tenant `$1` at the `moment` of `ACTIVE_USERS`. */
export const CURRENT_SCORES = [
  signed(1, "m.hour", `m.hour + ${HOUR}`),
  signed(-1, "m.until", `m.hour + ${HOUR}`),
  signed(1, "m.hour_ago", "m.hour", MANY_SINCE),
  signed(1, `m.hour - ${HOUR}`, "m.hour", FEW_SINCE),
  signed(-1, `m.hour - ${HOUR}`, "m.hour_ago", FEW_SINCE),
].join(" UNION ALL");
