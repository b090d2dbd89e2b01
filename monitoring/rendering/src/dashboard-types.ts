// Types of Grafana's own schema, composed so that options and custom fields are those of the panel's kind.
import type * as common from "@grafana/grafana-foundation-sdk/common";
import type * as dashboard from "@grafana/grafana-foundation-sdk/dashboard";
import type * as gauge from "@grafana/grafana-foundation-sdk/gauge";
import type * as heatmap from "@grafana/grafana-foundation-sdk/heatmap";
import type * as piechart from "@grafana/grafana-foundation-sdk/piechart";
import type * as prometheus from "@grafana/grafana-foundation-sdk/prometheus";
import type * as stat from "@grafana/grafana-foundation-sdk/stat";
import type * as statetimeline from "@grafana/grafana-foundation-sdk/statetimeline";
import type * as table from "@grafana/grafana-foundation-sdk/table";
import type * as timeseries from "@grafana/grafana-foundation-sdk/timeseries";

type Query = Pick<
  prometheus.Dataquery,
  | "expr"
  | "instant"
  | "range"
  | "exemplar"
  | "format"
  | "legendFormat"
  | "refId"
  | "hide"
  | "interval"
  | "datasource"
>;

interface Panel<Kind extends string, Options, Custom> extends Omit<
  dashboard.Panel,
  "type" | "options" | "fieldConfig" | "targets"
> {
  type: Kind;
  options: Partial<Options>;
  fieldConfig: {
    defaults: Omit<dashboard.FieldConfig, "custom"> & { custom?: Custom };
    overrides: dashboard.FieldConfigSource["overrides"];
  };
  targets: Query[];
}

export interface StrictDashboard extends Omit<dashboard.Dashboard, "panels"> {
  panels: (
    | dashboard.RowPanel
    | Panel<"timeseries", timeseries.Options, timeseries.FieldConfig>
    | Panel<"stat", stat.Options, object>
    | Panel<"gauge", gauge.Options, object>
    | Panel<"piechart", piechart.Options, piechart.FieldConfig>
    | Panel<"heatmap", heatmap.Options, heatmap.FieldConfig>
    | Panel<"state-timeline", statetimeline.Options, statetimeline.FieldConfig>
    | Panel<"table", table.Options, common.TableFieldOptions>
  )[];
}
