// Gauge (which needs scripts of Grafana's core), donut, heatmap and state timeline: drawn here in its colors.
import { getFieldDisplayName } from "@grafana/data";

const valueField = (frame) => frame.fields.find(({ name }) => name !== "Time");

export function Donut({ frames, width, height, theme }) {
  const parts = frames.map((frame) => {
    const field = valueField(frame);
    const value = field.values.at(-1);
    const display = field.display(value);
    return {
      name: getFieldDisplayName(field, frame, frames),
      value,
      text: display.text + (display.suffix ?? ""),
      color: display.color,
    };
  });
  const total = parts.reduce((sum, { value }) => sum + value, 0);
  const radius = Math.min(width, height - 30) / 2 - 6;
  const center = { x: width / 2, y: (height - 26) / 2 };
  let angle = -Math.PI / 2;
  return (
    <svg width={width} height={height}>
      {parts.map(({ name, value, color }) => {
        const turn = (value / total) * 2 * Math.PI;
        const middle = angle + turn / 2;
        const path = arc(center, radius, radius * 0.62, angle, angle + Math.min(turn, 2 * Math.PI - 0.001));
        angle += turn;
        return (
          <g key={name}>
            <path d={path} fill={color} />
            <text
              x={center.x + Math.cos(middle) * radius * 0.81}
              y={center.y + Math.sin(middle) * radius * 0.81}
              fill="white"
              fontSize="12"
              textAnchor="middle"
              dominantBaseline="middle"
            >
              {Math.round((value / total) * 100)}%
            </text>
          </g>
        );
      })}
      {parts.map(({ name, value, text, color }, at) => (
        <g key={name} transform={`translate(${width / 2 - parts.length * 62 + at * 124}, ${height - 12})`}>
          <rect width="14" height="4" y="-6" fill={color} />
          <text x="18" fontSize="12" fill={theme.colors.text.primary}>
            {name} {Math.round((value / total) * 100)}% {text}
          </text>
        </g>
      ))}
    </svg>
  );
}

function arc({ x, y }, outer, inner, from, to) {
  const point = (radius, angle) => `${x + radius * Math.cos(angle)} ${y + radius * Math.sin(angle)}`;
  const large = to - from > Math.PI ? 1 : 0;
  return `M ${point(outer, from)} A ${outer} ${outer} 0 ${large} 1 ${point(outer, to)} L ${point(inner, to)} A ${inner} ${inner} 0 ${large} 0 ${point(inner, from)} Z`;
}

const TURN = 1.4 * Math.PI;
const START = -Math.PI / 2 - TURN / 2;

export function ArcGauge({ field, display, width, height, theme }) {
  const { min = 0, max = 1, thresholds } = field.config;
  const radius = Math.min(width / 2, height / 1.7) - 10;
  const center = { x: width / 2, y: radius + 12 };
  const angle = (value) => START + (TURN * (Math.min(max, Math.max(min, value)) - min)) / (max - min);
  const steps = thresholds.steps.map(({ value, color }, at) => ({
    color: theme.visualization.getColorByName(color),
    from: angle(value ?? min),
    to: angle(thresholds.steps[at + 1]?.value ?? max),
  }));
  return (
    <svg width={width} height={height}>
      <path
        d={arc(center, radius * 0.94, radius * 0.7, START, START + TURN)}
        fill={theme.colors.background.secondary}
      />
      <path
        d={arc(center, radius * 0.94, radius * 0.7, START, angle(display.numeric))}
        fill={display.color}
      />
      {steps.map(({ color, from, to }) => (
        <path key={from} d={arc(center, radius, radius * 0.96, from, to)} fill={color} />
      ))}
      <text
        x={center.x}
        y={center.y}
        fontSize={radius * 0.36}
        fill={display.color}
        textAnchor="middle"
        dominantBaseline="middle"
      >
        {display.text}
        {display.suffix}
      </text>
    </svg>
  );
}

const AXIS = 56;

export function Heatmap({ frames, width, height, range, theme }) {
  const rows = frames
    .map((frame) => ({ le: Number(valueField(frame).labels.le.replace("+Inf", "Infinity")), frame }))
    .sort((a, b) => a.le - b.le);
  // Buckets are cumulative: a row has what the one below has not.
  const counts = rows.map(
    ({ frame }, at) =>
      new Map(
        frame.fields[0].values.map((time, index) => {
          const below = at === 0 ? 0 : (rows[at - 1].frame.fields[1].values[index] ?? 0);
          return [time, Math.max(0, frame.fields[1].values[index] - below)];
        }),
      ),
  );
  const most = Math.max(...counts.flatMap((row) => [...row.values()]), 1);
  const cell = { w: ((width - AXIS) * range.step) / (range.to - range.from), h: (height - 22) / rows.length };
  return (
    <svg width={width} height={height}>
      {rows.map(({ le }, at) => (
        <text
          key={le}
          x={AXIS - 6}
          y={height - 22 - at * cell.h - cell.h / 2}
          fontSize="11"
          textAnchor="end"
          dominantBaseline="middle"
          fill={theme.colors.text.secondary}
        >
          {le === Infinity ? "+Inf" : `${le} s`}
        </text>
      ))}
      {counts.flatMap((row, at) =>
        [...row]
          .filter(([, count]) => count > 0)
          .map(([time, count]) => (
            <rect
              key={`${at} ${time}`}
              x={AXIS + ((time / 1_000 - range.from) / range.step) * cell.w}
              y={height - 22 - (at + 1) * cell.h}
              width={Math.max(1, cell.w - 1)}
              height={Math.max(1, cell.h - 1)}
              fill={`hsl(210, 80%, ${25 + 55 * Math.sqrt(count / most)}%)`}
            />
          )),
      )}
      <Times width={width} height={height} range={range} theme={theme} />
    </svg>
  );
}

export function StateTimeline({ frames, width, height, range, theme }) {
  const names = frames.map((frame) => getFieldDisplayName(valueField(frame), frame, frames));
  const axis = Math.min(width * 0.45, 14 + 6.6 * Math.max(...names.map(({ length }) => length)));
  const row = (height - 22) / frames.length;
  const x = (time) => axis + ((time / 1_000 - range.from) / (range.to - range.from)) * (width - axis);
  return (
    <svg width={width} height={height}>
      {frames.map((frame, at) => (
        <g key={names[at]}>
          <text
            x={axis - 8}
            y={at * row + row / 2}
            fontSize="12"
            textAnchor="end"
            dominantBaseline="middle"
            fill={theme.colors.text.primary}
          >
            {names[at]}
          </text>
          {stretches(frame, range.step * 1_000).map(({ from, to, value }) => {
            const shown = valueField(frame).display(value);
            const width = Math.min(x(to), x(range.to * 1_000)) - x(from);
            const place = {
              x: x(from),
              y: at * row + row * 0.08,
              width: Math.max(width, 1),
              height: row * 0.84,
            };
            return (
              <g key={from}>
                <rect {...place} fill={shown.color} opacity="0.7" />
                {width > 9 * shown.text.length && (
                  <text
                    x={place.x + 8}
                    y={at * row + row / 2}
                    fontSize="12"
                    dominantBaseline="middle"
                    fill="white"
                  >
                    {shown.text}
                  </text>
                )}
              </g>
            );
          })}
        </g>
      ))}
      <g transform={`translate(${axis}, 0)`}>
        <Times width={width - axis} height={height} range={range} theme={theme} left={0} />
      </g>
    </svg>
  );
}

/** Points that follow each other with one value, as one: Grafana merges them, too. Times in ms. */
function stretches(frame, step) {
  const merged = [];
  frame.fields[0].values.forEach((time, index) => {
    const value = valueField(frame).values[index];
    const last = merged.at(-1);
    if (last !== undefined && last.to === time && last.value === value) {
      last.to = time + step;
    } else {
      merged.push({ from: time, to: time + step, value });
    }
  });
  return merged;
}

function Times({ width, height, range, theme, left = AXIS }) {
  return [0, 0.25, 0.5, 0.75].map((part) => (
    <text
      key={part}
      x={left + part * (width - left)}
      y={height - 6}
      fontSize="11"
      fill={theme.colors.text.secondary}
    >
      {new Date((range.from + part * (range.to - range.from)) * 1_000).toTimeString().slice(0, 8)}
    </text>
  ));
}
