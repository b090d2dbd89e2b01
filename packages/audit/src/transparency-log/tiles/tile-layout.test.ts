import { expect, it } from "vitest";
import { decodeEntryBundle, encodeEntryBundle } from "./entry-bundle.ts";
import { edgeTiles } from "./tile-builder.ts";
import { parseTilePath, tilePath, tileWidth } from "./tile-layout.ts";

it("names tiles as C2SP tlog-tiles does [AUD-7]", () => {
  const paths = {
    "tile/0/x001/x234/067": { level: 0, index: 1_234_067, width: 256 },
    "tile/0/000": { level: 0, index: 0, width: 256 },
    "tile/1/x001/000": { level: 1, index: 1_000, width: 256 },
    "tile/63/999.p/255": { level: 63, index: 999, width: 255 },
    "tile/entries/x001/x234/067.p/1": { level: "entries", index: 1_234_067, width: 1 },
  } as const;
  for (const [path, tile] of Object.entries(paths)) {
    expect(tilePath(tile)).toBe(path);
    expect(parseTilePath(path)).toEqual(tile);
  }
});

it.each([
  "tile/0/1",
  "tile/0/0001",
  "tile/0/x000/067",
  "tile/0/001/x234/067",
  "tile/00/000",
  "tile/64/000",
  "tile/-1/000",
  "tile/0/000.p/0",
  "tile/0/000.p/256",
  "tile/0/000.p/07",
  "tile/0/000.p/",
  "tile/0/000/",
  "/tile/0/000",
  "tile/8/0/000",
  "tile/data/000",
  "tile/0/x999/x999/x999/x999/x999/x999/999",
  "tile/0/000\n",
  "",
])("refuses %j, which is no tile path [AUD-7]", (path) => {
  expect(() => parseTilePath(path)).toThrow(expect.objectContaining({ code: "malformed_tile" }));
});

it("has the tiles that the specification counts for 70,000 and 256 leaves [AUD-7]", () => {
  expect(edgeTiles(70_000)).toEqual([
    { level: 0, index: 273, width: 112 },
    { level: 1, index: 1, width: 17 },
    { level: 2, index: 0, width: 1 },
  ]);
  expect(tileWidth({ level: 0, index: 272 }, 70_000)).toBe(256);
  expect(tileWidth({ level: 0, index: 274 }, 70_000)).toBe(0);
  expect(tileWidth({ level: 1, index: 0 }, 70_000)).toBe(256);
  expect(edgeTiles(256)).toEqual([{ level: 1, index: 0, width: 1 }]);
  expect(edgeTiles(0)).toEqual([]);
});

it("bundles entries behind their lengths [AUD-7]", () => {
  const entries = [Buffer.from("one"), Buffer.alloc(0), Buffer.alloc(65_535, 1)];
  const bundle = encodeEntryBundle(entries);
  expect(bundle.subarray(0, 7).toString("hex")).toBe(`0003${Buffer.from("one").toString("hex")}0000`);
  expect(decodeEntryBundle(bundle).map((entry) => Buffer.from(entry))).toEqual(entries);
  expect(decodeEntryBundle(Buffer.alloc(0))).toEqual([]);
  for (const cut of [bundle.subarray(0, 1), bundle.subarray(0, 4), bundle.subarray(0, -1)]) {
    expect(() => decodeEntryBundle(cut)).toThrow(expect.objectContaining({ code: "malformed_tile" }));
  }
  expect(() => encodeEntryBundle([Buffer.alloc(65_536)])).toThrow("65536 bytes");
});
