import {
  dateTime,
  FieldType,
  getFieldDisplayName,
  reduceField,
  standardTransformers,
  standardTransformersRegistry,
  transformDataFrame,
} from "@grafana/data";
import { BigValue, PanelChrome, Table, TimeSeries } from "@grafana/ui";
import { lastValueFrom } from "rxjs";
import { ArcGauge, Donut, Heatmap, StateTimeline } from "./own-panels.jsx";

standardTransformersRegistry.setInit(() =>
  [standardTransformers.mergeTransformer, standardTransformers.organizeFieldsTransformer].map(
    (transformation) => ({
      id: transformation.id,
      name: transformation.name,
      transformation,
      editor: () => null,
    }),
  ),
);

/** As Grafana changes frames before a panel gets them. */
export async function transformed(frames, panel) {
  return panel.transformations ? lastValueFrom(transformDataFrame(panel.transformations, frames)) : frames;
}

export function Panel({ panel, frames, width, height, range, theme }) {
  const links = (panel.links ?? []).map(({ title }) => title).join("\n");
  return (
    <PanelChrome
      title={panel.title}
      description={`${panel.description}\n${links}`}
      width={width}
      height={height}
    >
      {(innerWidth, innerHeight) =>
        frames.every(({ length }) => length === 0) ? (
          <div
            data-empty={panel.title}
            style={{
              textAlign: "center",
              paddingTop: innerHeight / 2 - 10,
              color: theme.colors.text.secondary,
            }}
          >
            {panel.fieldConfig.defaults.noValue ?? "No data"}
          </div>
        ) : (
          <Body
            panel={panel}
            frames={frames}
            width={innerWidth}
            height={innerHeight}
            range={range}
            theme={theme}
          />
        )
      }
    </PanelChrome>
  );
}

function Body(props) {
  switch (props.panel.type) {
    case "timeseries":
      return <Lines {...props} />;
    case "stat":
      return <Stats {...props} />;
    case "gauge":
      return <OneGauge {...props} />;
    case "table":
      return (
        <Table
          data={props.frames[0]}
          width={props.width}
          height={props.height}
          initialSortBy={props.panel.options.sortBy}
        />
      );
    case "piechart":
      return <Donut {...props} />;
    case "heatmap":
      return <Heatmap {...props} />;
    case "state-timeline":
      return <StateTimeline {...props} />;
    default:
      throw new Error(`no way to draw a panel of type ${props.panel.type}`);
  }
}

function Lines({ panel, frames, width, height, range }) {
  const times = { from: dateTime(range.from * 1_000), to: dateTime(range.to * 1_000) };
  return (
    <TimeSeries
      frames={frames}
      width={width}
      height={height}
      timeRange={{ ...times, raw: times }}
      timeZone="browser"
      legend={panel.options.legend}
      options={panel.options}
    />
  );
}

/** The last value of each series, as the panel's reduction says. */
function lastValues(frames) {
  return frames.map((frame) => {
    const field = frame.fields.find(({ type }) => type === FieldType.number);
    const value = reduceField({ field, reducers: ["lastNotNull"] }).lastNotNull;
    return {
      field,
      frame,
      display: { ...field.display(value), title: getFieldDisplayName(field, frame, frames) },
    };
  });
}

function Stats({ panel, frames, width, height, theme }) {
  const values = lastValues(frames);
  // The component draws what it is given, whatever the mode says.
  const hasGraph = panel.options.graphMode !== "none";
  const wide = width > height;
  const size = wide ? { width: width / values.length, height } : { width, height: height / values.length };
  return (
    <div style={{ display: "flex", flexDirection: wide ? "row" : "column" }}>
      {values.map(({ field, frame, display }) => (
        <BigValue
          key={display.title}
          {...size}
          value={display}
          theme={theme}
          colorMode={panel.options.colorMode}
          graphMode={panel.options.graphMode}
          textMode={panel.options.textMode}
          justifyMode={panel.options.justifyMode}
          text={panel.options.text}
          count={values.length}
          sparkline={hasGraph && frame.length > 1 ? { x: frame.fields[0], y: field } : undefined}
        />
      ))}
    </div>
  );
}

function OneGauge({ frames, ...place }) {
  const [{ field, display }] = lastValues(frames);
  return <ArcGauge field={field} display={display} {...place} />;
}
