import type * as cog from "@grafana/grafana-foundation-sdk/cog";
import { DataqueryBuilder, PromQueryFormat } from "@grafana/grafana-foundation-sdk/prometheus";

/** The data source that the variable `datasource` chooses. */
export const DATA_SOURCE = { type: "prometheus", uid: "${datasource}" };

export interface Query {
  readonly expr: string;
  /** With labels as `{{label}}`. */
  readonly legend: string;
  /** Now only, in place of a line over the range. */
  readonly instant?: true;
  /** Traces of single requests as points on it. */
  readonly exemplars?: true;
  /** Of a heatmap: buckets; of a table: one row for each series. */
  readonly as?: "heatmap" | "table";
}

const REF_IDS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const FORMATS = { heatmap: PromQueryFormat.Heatmap, table: PromQueryFormat.Table } as const;

/** Named A, B, C, as Grafana does. */
export function targetsOf(queries: readonly Query[]): cog.Builder<cog.Dataquery>[] {
  return queries.map(({ expr, legend, instant, exemplars, as }, at) => {
    const builder = new DataqueryBuilder()
      .refId(REF_IDS.charAt(at))
      .expr(expr)
      .legendFormat(legend)
      .format(as === undefined ? PromQueryFormat.TimeSeries : FORMATS[as]);
    if (exemplars === true) {
      builder.exemplar(true);
    }
    return instant === true ? builder.instant() : builder.range();
  });
}
