import {
  GraphDrawStyle,
  GraphGradientMode,
  GraphThresholdsStyleConfigBuilder,
  GraphThresholdsStyleMode,
  LineInterpolation,
  StackingConfigBuilder,
  StackingMode,
  VisibilityMode,
} from "@grafana/grafana-foundation-sdk/common";
import { PanelBuilder } from "@grafana/grafana-foundation-sdk/timeseries";
import { allInTooltip, listLegend, tableLegend } from "./legend.ts";
import { built, byPalette, common, type BuiltPanel, type PanelSpec } from "./panel.ts";

interface TimeSeriesSpec extends PanelSpec {
  /** A table where the series are by a label, so that many of them are readable. */
  readonly legend?: "list" | "table";
}

/** Lines over time. Steps beyond the first one are drawn as lines, too. */
export function timeSeries(spec: TimeSeriesSpec): BuiltPanel {
  return built(lines(spec));
}

/** The same, one above the other: for parts of a whole. */
export function stackedArea(spec: TimeSeriesSpec): BuiltPanel {
  return built(
    lines(spec).fillOpacity(40).stacking(new StackingConfigBuilder().mode(StackingMode.Normal).group("A")),
  );
}

function lines(spec: TimeSeriesSpec): PanelBuilder {
  const limits = (spec.steps ?? []).length > 1;
  return common(new PanelBuilder(), { min: 0, ...spec })
    .colorScheme(byPalette())
    .drawStyle(GraphDrawStyle.Line)
    .lineInterpolation(LineInterpolation.Linear)
    .lineWidth(1)
    .fillOpacity(10)
    .gradientMode(GraphGradientMode.None)
    .showPoints(VisibilityMode.Auto)
    .pointSize(4)
    .spanNulls(false)
    .thresholdsStyle(
      new GraphThresholdsStyleConfigBuilder().mode(
        limits ? GraphThresholdsStyleMode.Dashed : GraphThresholdsStyleMode.Off,
      ),
    )
    .legend(spec.legend === "table" ? tableLegend() : listLegend())
    .tooltip(allInTooltip());
}
