// Draws each dashboard from its JSON and a Prometheus, in Chromium. node src/render.js PROMETHEUS OUT DASHBOARD.json…
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { basename, join } from "node:path";
import { build } from "esbuild";
import { chromium } from "playwright-core";

const [prometheus, out, ...files] = process.argv.slice(2);
/** Parts of dashboards that are wanted as small pictures, too, and where: `tests/pictures/list.ts` says which. */
const PICTURES = process.env["PICTURES"] ?? "";
const PICTURES_OF = JSON.parse(process.env["PICTURES_OF"] ?? "[]");
const SECONDS = 240;
const STEP = 5;
const BOOT = `<!doctype html><meta charset="utf-8"><link rel="stylesheet" href="/main.css"><body><div id="root"></div>
<script>window.grafanaBootData={settings:{featureToggles:{}},user:{}};window.process={env:{}};</script><script type="module" src="/main.js"></script>`;

const { outputFiles } = await build({
  entryPoints: [join(import.meta.dirname, "page/main.jsx")],
  bundle: true,
  format: "esm",
  outdir: "/page",
  write: false,
  jsx: "automatic",
  minify: true,
  define: { "process.env.NODE_ENV": '"production"', global: "window" },
  loader: {
    ".svg": "dataurl",
    ".woff": "dataurl",
    ".woff2": "dataurl",
    ".ttf": "dataurl",
    ".png": "dataurl",
  },
  logLevel: "error",
  plugins: [{ name: "default-of", setup: takeDefault }],
});
const text = (name) => outputFiles.find(({ path }) => path.endsWith(name))?.text ?? "";
/** Modules of Node's take for a default what this package wraps in another one. */
function takeDefault(bundler) {
  bundler.onResolve({ filter: /^react-custom-scrollbars-2$/ }, ({ path, pluginData }) =>
    pluginData === "inner" ? undefined : { path, namespace: "default-of" },
  );
  bundler.onLoad({ filter: /./, namespace: "default-of" }, ({ path }) => ({
    contents: `import outer from "${path}"; export default outer.default ?? outer;`,
    resolveDir: import.meta.dirname,
    pluginData: "inner",
  }));
}
let dashboard = {};

const server = createServer((request, response) => {
  const [path = "", query = ""] = (request.url ?? "").split("?");
  const reply = (type, body) => response.writeHead(200, { "content-type": type }).end(body);
  if (path === "/") {
    reply("text/html", BOOT);
  } else if (path === "/main.js") {
    reply("text/javascript", text("main.js"));
  } else if (path === "/main.css") {
    reply("text/css", text("main.css"));
  } else if (path === "/dashboard.json") {
    const to = Math.floor(Date.now() / 1_000 / STEP) * STEP;
    reply("application/json", JSON.stringify({ dashboard, range: { from: to - SECONDS, to, step: STEP } }));
  } else if (path.startsWith("/api/v1/")) {
    fetch(`${prometheus}${path}?${query}`)
      .then(async (received) => reply("application/json", await received.text()))
      .catch((error) => response.writeHead(502).end(String(error)));
  } else {
    response.writeHead(404).end();
  }
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));

mkdirSync(out, { recursive: true });
const browser = await chromium.launch({
  executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
  args: ["--no-sandbox"],
});
const page = await browser.newPage({ viewport: { width: 1600, height: 1000 } });
page.on("pageerror", (error) => {
  console.error(error);
  process.exitCode = 1;
});
for (const file of files) {
  dashboard = JSON.parse(readFileSync(file, "utf8"));
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  await page.waitForSelector("body[data-drawn]");
  await page.waitForLoadState("networkidle");
  for (const picture of PICTURES_OF.filter((wanted) => wanted.dashboard === basename(file, ".json"))) {
    await drawPart(picture);
  }
  const image = join(out, `${basename(file, ".json")}.png`);
  await page.screenshot({ path: image, fullPage: true });
  const empty = await page.$$eval("[data-empty]", (elements) =>
    elements.map((element) => element.dataset.empty),
  );
  console.log(`${image}${empty.length > 0 ? `; without data: ${empty.join(", ")}` : ""}`);
}
await browser.close();

/** As WebP, which Chromium writes, three quarters as wide. */
async function drawPart({ name, from, until }) {
  const rowAt = async (title) => (await page.locator(`h2:text-is("▾ ${title}")`).boundingBox()).y;
  const y = from === undefined ? 0 : await rowAt(from);
  const end =
    until === undefined ? await page.evaluate(() => document.body.scrollHeight) : await rowAt(until);
  const clip = { x: 0, y, width: 1600, height: end - y };
  const png = (await page.screenshot({ fullPage: true, clip })).toString("base64");
  const data = await page.evaluate(async (source) => {
    const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${source}`)).blob());
    const canvas = new OffscreenCanvas(image.width * 0.75, image.height * 0.75);
    const context = canvas.getContext("2d");
    context.imageSmoothingQuality = "high";
    context.drawImage(image, 0, 0, canvas.width, canvas.height);
    const blob = await canvas.convertToBlob({ type: "image/webp", quality: 0.85 });
    return Array.from(new Uint8Array(await blob.arrayBuffer()));
  }, png);
  mkdirSync(PICTURES, { recursive: true });
  writeFileSync(join(PICTURES, `${name}.webp`), new Uint8Array(data));
}
server.close();
