import { TimelineValueAlignment, VisibilityMode } from "@grafana/grafana-foundation-sdk/common";
import { MappingType } from "@grafana/grafana-foundation-sdk/dashboard";
import { PanelBuilder } from "@grafana/grafana-foundation-sdk/statetimeline";
import { allInTooltip, listLegend } from "./legend.ts";
import { built, byThresholds, common, type BuiltPanel, type Color, type PanelSpec } from "./panel.ts";

interface StateTimelineSpec extends PanelSpec {
  /** What values mean, and their colors. */
  readonly states: Readonly<Record<string, { readonly text: string; readonly color: Color }>>;
}

/** A bar for each series, in the color of its state. */
export function stateTimeline(spec: StateTimelineSpec): BuiltPanel {
  const options = Object.fromEntries(
    Object.entries(spec.states).map(([value, state], index) => [value, { ...state, index }]),
  );
  return built(
    common(new PanelBuilder(), spec)
      .colorScheme(byThresholds())
      .mappings([{ type: MappingType.ValueToText, options }])
      .mergeValues(true)
      .alignValue(TimelineValueAlignment.Left)
      .showValue(VisibilityMode.Auto)
      .rowHeight(0.85)
      .fillOpacity(70)
      .lineWidth(0)
      .spanNulls(false)
      .legend(listLegend().showLegend(false))
      .tooltip(allInTooltip()),
  );
}
