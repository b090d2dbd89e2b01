import { LegendDisplayMode, LegendPlacement } from "@grafana/grafana-foundation-sdk/common";
import {
  PanelBuilder,
  PieChartLabels,
  PieChartLegendOptionsBuilder,
  PieChartLegendValues,
  PieChartType,
} from "@grafana/grafana-foundation-sdk/piechart";
import { allInTooltip } from "./legend.ts";
import { built, byPalette, common, type BuiltPanel, type PanelSpec } from "./panel.ts";
import { last } from "./stat.ts";

/** Parts of a whole, over the time range. */
export function donut(spec: PanelSpec): BuiltPanel {
  return built(
    common(new PanelBuilder(), spec)
      .colorScheme(byPalette())
      .reduceOptions(last())
      .pieType(PieChartType.Donut)
      .displayLabels([PieChartLabels.Percent])
      .legend(
        new PieChartLegendOptionsBuilder()
          .displayMode(LegendDisplayMode.List)
          .placement(LegendPlacement.Bottom)
          .showLegend(true)
          .values([PieChartLegendValues.Percent, PieChartLegendValues.Value]),
      )
      .tooltip(allInTooltip()),
  );
}
