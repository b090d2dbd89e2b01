import type * as cog from "@grafana/grafana-foundation-sdk/cog";
import type * as dashboard from "@grafana/grafana-foundation-sdk/dashboard";
import {
  FieldColorBuilder,
  FieldColorModeId,
  ThresholdsConfigBuilder,
  ThresholdsMode,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { DATA_SOURCE, targetsOf, type Query } from "../parts/query.ts";
import type { Link } from "../parts/links.ts";

/** Units of Grafana that are in use here. */
export type Unit =
  | "reqps"
  | "ops"
  | "pps"
  | "suffix:days"
  | "s"
  | "percentunit"
  | "short"
  | "locale"
  | "bytes"
  | "none";
export type Color = "green" | "yellow" | "orange" | "red" | "blue" | "purple" | "text";
/** From this value on; the first one has no value. */
export interface Step {
  readonly from: number | null;
  readonly color: Color;
}

/** What every panel has. */
export interface PanelSpec {
  readonly title: string;
  /** What it shows, and what to do when it looks wrong. */
  readonly description: string;
  readonly unit: Unit;
  readonly queries: readonly Query[];
  /** Columns of 24, and rows of 30 pixels. */
  readonly width: number;
  readonly height: number;
  /** In the panel's corner. */
  readonly links?: readonly Link[];
  /** Of each value. */
  readonly valueLinks?: readonly Link[];
  readonly steps?: readonly Step[];
  /** Fixed colors by the name of a series. */
  readonly colors?: Readonly<Record<string, Color>>;
  /** In place of a value where there is none. */
  readonly empty?: string;
  readonly decimals?: number;
  readonly min?: number;
  readonly max?: number;
}

/** A panel of the grid, before it has its place. */
export type BuiltPanel = dashboard.Panel & { readonly gridPos: dashboard.GridPos };

/** What the builders of all kinds of panels share. */
interface Builder<B> extends cog.Builder<dashboard.Panel> {
  title(title: string): B;
  description(description: string): B;
  datasource(source: { readonly type: string; readonly uid: string }): B;
  targets(targets: cog.Builder<cog.Dataquery>[]): B;
  links(links: cog.Builder<dashboard.DashboardLink>[]): B;
  dataLinks(links: cog.Builder<dashboard.DashboardLink>[]): B;
  unit(unit: string): B;
  decimals(decimals: number): B;
  min(min: number): B;
  max(max: number): B;
  noValue(text: string): B;
  thresholds(thresholds: cog.Builder<dashboard.ThresholdsConfig>): B;
  colorScheme(color: cog.Builder<dashboard.FieldColor>): B;
  overrideByName(name: string, properties: dashboard.DynamicConfigValue[]): B;
  span(width: number): B;
  height(height: number): B;
}

/** Gives a panel what all have; the rest is its kind's. */
export function common<B extends Builder<B>>(builder: B, spec: PanelSpec): B {
  builder
    .title(spec.title)
    .description(spec.description)
    .datasource(DATA_SOURCE)
    .targets(targetsOf(spec.queries))
    .links([...(spec.links ?? [])])
    .unit(spec.unit)
    .span(spec.width)
    .height(spec.height);
  if (spec.valueLinks !== undefined) {
    builder.dataLinks([...spec.valueLinks]);
  }
  if (spec.empty !== undefined) {
    builder.noValue(spec.empty);
  }
  if (spec.decimals !== undefined) {
    builder.decimals(spec.decimals);
  }
  if (spec.min !== undefined) {
    builder.min(spec.min);
  }
  if (spec.max !== undefined) {
    builder.max(spec.max);
  }
  builder.thresholds(thresholds(spec.steps ?? [{ from: null, color: "green" }]));
  for (const [name, color] of Object.entries(spec.colors ?? {})) {
    builder.overrideByName(name, [
      { id: "color", value: { mode: FieldColorModeId.Fixed, fixedColor: color } },
    ]);
  }
  return builder;
}

export function built(builder: cog.Builder<dashboard.Panel>): BuiltPanel {
  return builder.build() as BuiltPanel;
}

export function byThresholds(): cog.Builder<dashboard.FieldColor> {
  return new FieldColorBuilder().mode(FieldColorModeId.Thresholds);
}

/** Colors in the order of the series: chosen by their names, two of one panel were often the same. */
export function byPalette(): cog.Builder<dashboard.FieldColor> {
  return new FieldColorBuilder().mode(FieldColorModeId.PaletteClassic);
}

function thresholds(steps: readonly Step[]): cog.Builder<dashboard.ThresholdsConfig> {
  return new ThresholdsConfigBuilder()
    .mode(ThresholdsMode.Absolute)
    .steps(steps.map(({ from, color }) => ({ value: from, color })));
}
