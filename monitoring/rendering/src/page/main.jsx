// One dashboard on one page: its JSON and the Prometheus are served beside it.
import "uplot/dist/uPlot.min.css";
import { createTheme, ThemeContext } from "@grafana/data";
import { createRoot } from "react-dom/client";
import { askAll } from "./ask-prometheus.js";
import { Panel, transformed } from "./draw-panel.jsx";
import { withOptions } from "./field-options.js";

const COLUMNS = 24;
const ROW = 30;
const GAP = 8;

// Widths of axes are measured in Inter, which few machines have: in a serif font that stands in, they come out too narrow.
for (const [weight, ending] of [
  ["400", ""],
  ["700", " Bold"],
]) {
  const fonts = ["Inter", "Liberation Sans", "Arial", "DejaVu Sans"].map(
    (name) => `local("${name}${ending}")`,
  );
  document.fonts.add(await new FontFace("Inter", fonts.join(", "), { weight }).load());
}

const theme = createTheme({ colors: { mode: "dark" } });
const { dashboard, range } = await (await fetch("/dashboard.json")).json();
const panels = await Promise.all(
  dashboard.panels.map(async (panel) => {
    if (panel.type === "row") {
      return { panel, frames: [] };
    }
    const asked = await askAll(panel, range);
    const frames = await transformed(asked, panel);
    return { panel, frames: withOptions(frames, panel, theme) };
  }),
);

function Dashboard() {
  const column = (window.innerWidth - GAP) / COLUMNS;
  const height = Math.max(...dashboard.panels.map(({ gridPos: { y, h } }) => y + h)) * (ROW + GAP) + 60;
  return (
    <ThemeContext.Provider value={theme}>
      <style>
        {
          "button { color: inherit; font: inherit; } * { box-sizing: border-box; } table { border-collapse: collapse; }"
        }
      </style>
      <div
        style={{
          position: "relative",
          height,
          color: theme.colors.text.primary,
          fontFamily: theme.typography.fontFamily,
          fontSize: 14,
        }}
      >
        <h1 style={{ fontSize: 18, margin: 0, padding: "12px 16px", height: 52, boxSizing: "border-box" }}>
          {dashboard.title}{" "}
          <span style={{ color: theme.colors.text.secondary, fontSize: 13, fontWeight: "normal" }}>
            {dashboard.description}
          </span>
        </h1>
        {panels.map(({ panel, frames }) => {
          const { x, y, w, h } = panel.gridPos;
          const size = { width: w * column - GAP, height: h * (ROW + GAP) - GAP };
          return (
            <div
              key={panel.id}
              style={{ position: "absolute", left: x * column + GAP, top: 52 + y * (ROW + GAP), ...size }}
            >
              {panel.type === "row" ? (
                <h2 style={{ fontSize: 15, margin: 0, padding: "4px 0", fontWeight: 500 }}>
                  ▾ {panel.title}
                </h2>
              ) : (
                <Panel panel={panel} frames={frames} {...size} range={range} theme={theme} />
              )}
            </div>
          );
        })}
      </div>
    </ThemeContext.Provider>
  );
}

document.body.style.background = theme.colors.background.canvas;
document.body.style.margin = "0";
createRoot(document.getElementById("root")).render(<Dashboard />);
document.body.dataset.drawn = "true";
