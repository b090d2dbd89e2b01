// Grafana's core applies a panel's field options from a registry that is its own; this is the part that dashboards here use.
import { FieldType, getDisplayProcessor, getFieldDisplayName } from "@grafana/data";

export function withOptions(frames, panel, theme) {
  const { defaults, overrides } = panel.fieldConfig;
  for (const frame of frames) {
    for (const field of frame.fields) {
      if (field.type === FieldType.time) {
        field.display = getDisplayProcessor({ field, theme, timeZone: "browser" });
        continue;
      }
      field.config = { ...structuredClone(defaults), ...field.config, custom: { ...defaults.custom } };
      const name = getFieldDisplayName(field, frame, frames);
      for (const { matcher, properties } of overrides) {
        if (matcher.id === "byName" && matcher.options === name) {
          properties.forEach((property) => override(field.config, property));
        }
      }
      field.state = { ...field.state, seriesIndex: seriesIndexOf(frames, field), range: rangeOf(field) };
      field.display = getDisplayProcessor({ field, theme, timeZone: "browser" });
    }
  }
  return frames;
}

function override(config, { id, value }) {
  const path = id.split(".");
  const last = path.pop();
  path.reduce((at, part) => (at[part] ??= {}), config)[last] = value;
}

function seriesIndexOf(frames, wanted) {
  return frames
    .flatMap(({ fields }) => fields.filter(({ type }) => type === FieldType.number))
    .indexOf(wanted);
}

/** What sparklines are drawn between. */
function rangeOf({ values }) {
  const numbers = values.filter((value) => Number.isFinite(value));
  const [min, max] = [Math.min(...numbers), Math.max(...numbers)];
  return { min, max, delta: max - min };
}
