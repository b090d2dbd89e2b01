// What Grafana's data source makes of a query: frames with labels, named by the legend.
import { FieldType, toDataFrame } from "@grafana/data";

const BUILT_IN = { __rate_interval: "1m", __interval: "15s", __range: "1h" };

/** All values of every variable are chosen. */
function interpolate(expr) {
  return expr.replaceAll(/\$\{?(\w+)\}?/g, (_all, name) => BUILT_IN[name] ?? ".*");
}

/** Frames of all targets of a panel. @param range seconds since 1970: `from`, `to`, `step` */
export async function askAll(panel, range) {
  const frames = await Promise.all(
    panel.targets.map((target) =>
      target.format === "table" ? tableOf(target, panel.targets.length, range) : linesOf(target, range),
    ),
  );
  return frames.flat();
}

async function ask(path, parameters) {
  const response = await fetch(`/api/v1/${path}?${new URLSearchParams(parameters)}`);
  const { status, data, error } = await response.json();
  if (status !== "success") {
    throw new Error(error);
  }
  return data.result;
}

async function linesOf({ expr, refId, legendFormat, instant }, range) {
  const query = interpolate(expr);
  const series = instant
    ? (await ask("query", { query, time: range.to })).map(({ metric, value }) => ({
        metric,
        values: [value],
      }))
    : await ask("query_range", { query, start: range.from, end: range.to, step: range.step });
  return series.map(({ metric, values }) => {
    const name = legendFormat.replaceAll(/\{\{\s*(\w+)\s*\}\}/g, (_all, label) => metric[label] ?? "");
    return toDataFrame({
      refId,
      name,
      fields: [
        { name: "Time", type: FieldType.time, values: values.map(([time]) => time * 1_000) },
        {
          name: "Value",
          type: FieldType.number,
          labels: metric,
          config: { displayNameFromDS: name },
          // As the panel of Grafana does: what is no number is a gap.
          values: values.map(([, value]) => (Number.isFinite(Number(value)) ? Number(value) : null)),
        },
      ],
    });
  });
}

async function tableOf({ expr, refId }, targets, range) {
  const series = await ask("query", { query: interpolate(expr), time: range.to });
  const labels = [...new Set(series.flatMap(({ metric }) => Object.keys(metric)))];
  return toDataFrame({
    refId,
    fields: [
      { name: "Time", type: FieldType.time, values: series.map(({ value }) => value[0] * 1_000) },
      ...labels.map((label) => ({
        name: label,
        type: FieldType.string,
        values: series.map(({ metric }) => metric[label] ?? ""),
      })),
      {
        name: targets > 1 ? `Value #${refId}` : "Value",
        type: FieldType.number,
        values: series.map(({ value }) => Number(value[1])),
      },
    ],
  });
}
