interface Family {
  readonly head: Set<string>;
  readonly samples: string[];
}

const END = "# EOF";

/** Metrics of several processes as one text, each family once. Their series differ by a label of each process. */
export function mergeExpositions(texts: readonly string[]): string {
  const families = new Map<string, Family>();
  let isOpenMetrics = false;
  for (const text of texts) {
    let current: Family | undefined;
    for (const line of text.split("\n")) {
      if (line === END) {
        isOpenMetrics = true;
      } else if (line.startsWith("# ")) {
        current = familyOf(families, line.split(" ", 3)[2] ?? "");
        current.head.add(line);
      } else if (line !== "") {
        current?.samples.push(line);
      }
    }
  }
  const lines = [...families.values()].flatMap(({ head, samples }) => [...head, ...samples]);
  return `${[...lines, ...(isOpenMetrics ? [END] : [])].join("\n")}\n`;
}

function familyOf(families: Map<string, Family>, name: string): Family {
  let family = families.get(name);
  if (family === undefined) {
    families.set(name, (family = { head: new Set(), samples: [] }));
  }
  return family;
}
