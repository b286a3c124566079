// All lines of all logs, one after the other: `index` counts them from 0 over all sources.
const NO_OWNER = 0xffffffff;

async function readLines(data) {
  const sources = [];
  let base = 0;
  for (let number = 0; number < data.sources.length; number += 1) {
    const lines = (await unpacked(`log-${number}`)).split("\n");
    if (lines[lines.length - 1] === "") lines.pop();
    sources.push({ name: data.sources[number].name, base, lines });
    base += lines.length;
  }
  const owners = new Uint32Array(base).fill(NO_OWNER);
  const severities = new Uint8Array(base);
  sources.forEach((source, number) => {
    const last = source.base + source.lines.length;
    spread(data.owners[number], source.base, last, owners);
    spread(data.severities[number], source.base, last, severities);
  });
  return { sources, count: base, owners, severities };
}

function spread(runs, base, end, into) {
  for (let at = 0; at < runs.length; at += 3) {
    into.fill(runs[at + 2], base + runs[at] - 1, Math.min(base + runs[at + 1], end));
  }
}

function sourceOf(lines, index) {
  return lines.sources.findLast((source) => source.base <= index);
}

function textOf(lines, index) {
  const source = sourceOf(lines, index);
  return source.lines[index - source.base];
}

function indexOf(lines, sourceNumber, line) {
  const source = lines.sources[sourceNumber];
  return source && line >= 1 && line <= source.lines.length ? source.base + line - 1 : -1;
}

// The indexes of the lines that fit: `of` is "", "any", "none" or the number of a negotiation.
function fitting(lines, { text, of, severity }) {
  const wanted = text.toLowerCase();
  if (!wanted && of === "" && !severity) return null;
  const found = new Uint32Array(lines.count);
  let count = 0;
  for (const source of lines.sources) {
    for (let at = 0; at < source.lines.length; at += 1) {
      const index = source.base + at;
      if (severity && lines.severities[index] < severity) continue;
      if (of !== "" && !belongs(lines.owners[index], of)) continue;
      if (wanted && !source.lines[at].toLowerCase().includes(wanted)) continue;
      found[count] = index;
      count += 1;
    }
  }
  return found.subarray(0, count);
}

function belongs(owner, of) {
  if (of === "any") return owner !== NO_OWNER;
  return of === "none" ? owner === NO_OWNER : owner === Number(of);
}
