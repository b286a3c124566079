// Ladders come as pictures, some packed together; one is unpacked and put into the page when it is opened.
const packs = new Map();

async function ladderOf(number) {
  const size = Number(byId("data").dataset.ladders);
  const pack = Math.floor(number / size);
  if (!packs.has(pack)) packs.set(pack, unpacked(`ladders-${pack}`).then(JSON.parse));
  return (await packs.get(pack))[number % size];
}

class Ladder {
  constructor(holder, pictures) {
    Object.assign(this, { holder, pictures, axis: "even", narrow: null });
    this.onStep = () => {};
    new ResizeObserver(() => this.fit()).observe(holder);
    holder.addEventListener("focusin", (event) => this.reached(event.target));
    holder.addEventListener("pointermove", (event) => this.over(event));
    holder.addEventListener("click", (event) => this.chosen(event.target));
    holder.addEventListener("keydown", (event) => this.pressed(event));
    this.fit();
  }

  // Takes the picture for the width that there is.
  fit() {
    const narrow = this.holder.clientWidth < 560;
    if (this.narrow === narrow || !this.holder.clientWidth) return;
    this.narrow = narrow;
    const parsed = new DOMParser().parseFromString(this.pictures[narrow ? 1 : 0], "image/svg+xml");
    this.svg = document.importNode(parsed.documentElement, true);
    this.holder.replaceChildren(this.svg);
    this.rows = [...this.svg.querySelectorAll('[role="option"]')];
    this.place(this.axis);
  }

  // Moves every part to its place on the axis: even or to scale.
  place(axis) {
    this.axis = axis;
    if (!this.svg || !this.svg.dataset.heights) return;
    const n = axis === "scale" ? 1 : 0;
    const part = (element, key) => element.dataset[key].split("|")[n];
    this.svg.classList.remove("even", "scale");
    this.svg.classList.add(axis);
    const height = part(this.svg, "heights");
    this.svg.setAttribute("height", height);
    this.svg.setAttribute("viewBox", `0 0 ${this.svg.getAttribute("width")} ${height}`);
    for (const found of this.svg.querySelectorAll("[data-y]")) found.setAttribute("transform", `translate(0 ${part(found, "y")})`);
    for (const found of this.svg.querySelectorAll("[data-d]")) found.setAttribute("d", part(found, "d"));
    for (const found of this.svg.querySelectorAll("[data-lead]")) {
      const [x1, x2, below] = found.dataset.lead.split(" ").map(Number);
      found.setAttribute("d", n ? `M${x1} 0h6L${x2 - 6} ${below}h6` : `M${x1} 0H${x2}`);
    }
    for (const found of this.svg.querySelectorAll("[data-box]")) {
      const [y, high] = part(found, "box").split(" ");
      found.setAttribute("y", y);
      found.setAttribute("height", Math.max(Number(high), 1));
    }
  }

  // A ladder that scrolls below a pointer at rest is not pointed at.
  over(event) {
    const at = `${event.clientX} ${event.clientY}`;
    if (at === this.pointed) return;
    this.pointed = at;
    const row = event.target.closest('[role="option"]');
    if (row && row !== this.hovered) { this.hovered = row; this.step(row, { quiet: true }); }
  }

  reached(target) {
    const row = target.closest('[role="option"]');
    if (row) this.step(row, {});
  }

  chosen(target) {
    const row = target.closest('[role="option"]');
    if (row) { row.focus({ preventScroll: true }); this.step(row, {}); }
  }

  step(row, how) {
    for (const other of this.rows) {
      other.setAttribute("aria-selected", String(other === row));
      if (!how.quiet) other.setAttribute("tabindex", other === row ? "0" : "-1");
    }
    this.onStep({ source: row.dataset.source, line: Number(row.dataset.line), end: Number(row.dataset.end) }, how);
  }

  // Chooses the step that a line belongs to: the one whose lines it is of, else the last one before it.
  lineChosen(source, line, focus) {
    const before = this.rows.filter((row) => row.dataset.source === source && Number(row.dataset.line) <= line);
    const row = before.findLast((found) => Number(found.dataset.end) >= line) || before[before.length - 1] || this.rows[0];
    if (!row) return;
    for (const other of this.rows) {
      other.setAttribute("aria-selected", String(other === row));
      other.setAttribute("tabindex", other === row ? "0" : "-1");
    }
    row.scrollIntoView({ block: "nearest" });
    if (focus) row.focus({ preventScroll: true });
  }

  pressed(event) {
    const moves = { ArrowDown: 1, ArrowUp: -1, Home: -Infinity, End: Infinity };
    const at = this.rows.indexOf(document.activeElement);
    if (at < 0) return;
    if (event.key === "Enter" || event.key === " ") { event.preventDefault(); byId("log").focus(); return; }
    if (!(event.key in moves)) return;
    event.preventDefault();
    const next = this.rows[Math.min(Math.max(at + moves[event.key], 0), this.rows.length - 1)];
    next.focus();
    next.scrollIntoView({ block: "nearest" });
  }
}
