import {
  BigValueColorMode,
  BigValueGraphMode,
  BigValueJustifyMode,
  BigValueTextMode,
  ReduceDataOptionsBuilder,
  VizOrientation,
  VizTextDisplayOptionsBuilder,
} from "@grafana/grafana-foundation-sdk/common";
import { PanelBuilder as GaugeBuilder } from "@grafana/grafana-foundation-sdk/gauge";
import { PanelBuilder as StatBuilder } from "@grafana/grafana-foundation-sdk/stat";
import { built, byThresholds, common, type BuiltPanel, type PanelSpec } from "./panel.ts";

/** One number for each query, colored by its steps. Without a graph: Grafana draws it through the numbers, at any height. */
export function stat(spec: PanelSpec): BuiltPanel {
  return built(
    common(new StatBuilder(), spec)
      .colorScheme(byThresholds())
      .reduceOptions(last())
      .graphMode(BigValueGraphMode.None)
      .colorMode(BigValueColorMode.Value)
      .justifyMode(BigValueJustifyMode.Auto)
      // Fitted to its room, each of several would have another size.
      .text(new VizTextDisplayOptionsBuilder().titleSize(14).valueSize(40))
      .textMode(spec.queries.length > 1 ? BigValueTextMode.ValueAndName : BigValueTextMode.Auto)
      .orientation(VizOrientation.Auto),
  );
}

/** One number between a least and a greatest one. */
export function gauge(spec: PanelSpec & { readonly min: number; readonly max: number }): BuiltPanel {
  return built(
    common(new GaugeBuilder(), spec)
      .colorScheme(byThresholds())
      .reduceOptions(last())
      .showThresholdMarkers(true)
      .showThresholdLabels(false)
      .orientation(VizOrientation.Auto),
  );
}

export function last(): ReduceDataOptionsBuilder {
  return new ReduceDataOptionsBuilder().values(false).calcs(["lastNotNull"]).fields("");
}
