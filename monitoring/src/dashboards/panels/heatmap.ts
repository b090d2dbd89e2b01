import { HeatmapCellLayout, TooltipDisplayMode } from "@grafana/grafana-foundation-sdk/common";
import {
  HeatmapColorMode,
  HeatmapColorOptionsBuilder,
  HeatmapColorScale,
  HeatmapTooltipBuilder,
  PanelBuilder,
  RowsHeatmapOptionsBuilder,
  YAxisConfigBuilder,
} from "@grafana/grafana-foundation-sdk/heatmap";
import { built, common, type BuiltPanel, type PanelSpec } from "./panel.ts";

/** Buckets of a histogram over time. The unit is that of the buckets. */
export function heatmap(spec: PanelSpec): BuiltPanel {
  return built(
    common(new PanelBuilder(), spec)
      .calculate(false)
      .color(
        new HeatmapColorOptionsBuilder()
          .mode(HeatmapColorMode.Scheme)
          .scheme("Blues")
          .scale(HeatmapColorScale.Exponential)
          .exponent(0.5)
          .steps(64)
          .reverse(true),
      )
      .rowsFrame(new RowsHeatmapOptionsBuilder().layout(HeatmapCellLayout.Auto))
      .yAxis(new YAxisConfigBuilder().unit(spec.unit))
      .cellGap(1)
      .tooltip(new HeatmapTooltipBuilder().mode(TooltipDisplayMode.Single).yHistogram(true))
      .exemplarsColor("orange")
      .showLegend(),
  );
}
