// The overview: a lane for each peer, a bar for each negotiation; those of one peer at the same time are stacked.
const LANES_AT_FIRST = 30;
const ROW = 18;
// So many bars of a peer are stacked; bars that would be drawn within so many pixels of another in a row are one.
const STACKED = 12;
const NEAR = 3;
const AXIS = 26;
const STATUS_SIGNS = { bad: "✗", odd: "◐", good: "✓" };
const NICE = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21600, 43200, 86400, 604800, 2592000];

class Lanes {
  constructor(box, data, lines, onPick) {
    Object.assign(this, { box, data, onPick, zoom: 1, limit: LANES_AT_FIRST, chosen: -1 });
    this.spans = data.negotiations.map((one) => this.span(one, lines));
    const ends = this.spans.flat();
    this.first = ends.reduce((a, b) => Math.min(a, b), Infinity);
    this.last = ends.reduce((a, b) => Math.max(a, b), -Infinity);
    this.lanes = this.stacked();
    byId("zoom-in").addEventListener("click", () => this.zoomed(2));
    byId("zoom-out").addEventListener("click", () => this.zoomed(0.5));
    byId("zoom-all").addEventListener("click", () => this.zoomed(0));
    byId("more-lanes").addEventListener("click", () => { this.limit = Infinity; this.paint(); });
    box.addEventListener("click", (event) => this.picked(event.target));
    box.addEventListener("keydown", (event) => this.pressed(event));
    this.paint();
    new ResizeObserver(() => { if (box.clientWidth !== this.width) this.paint(); }).observe(box);
  }

  // From when to when: by the clock, or by the lines of the log where there is no clock.
  span(one, lines) {
    if (this.data.clock) return one.when;
    const places = one.spans.flatMap(([source, first, last]) => [lines.sources[source].base + first, lines.sources[source].base + last]);
    const first = Math.min(...places), last = Math.max(...places);
    return places.length ? [first, last, last] : [0, 0, 0];
  }

  stacked() {
    const lanes = new Map();
    this.data.negotiations.forEach((one, number) => {
      const key = `${one.device || ""}\n${one.peer}`;
      if (!lanes.has(key)) lanes.set(key, { peer: one.peer, rows: [], bars: [] });
      const lane = lanes.get(key);
      const [from, , to] = this.spans[number];
      let row = lane.rows.findIndex((end) => end < from);
      if (row < 0 && lane.rows.length < STACKED) row = lane.rows.push(to) - 1;
      else if (row < 0) row = STACKED - 1;
      lane.rows[row] = Math.max(lane.rows[row], to);
      lane.bars.push({ number, row });
    });
    return [...lanes.values()];
  }

  zoomed(factor) {
    const middle = (this.box.scrollLeft + this.box.clientWidth / 2) / (this.box.scrollWidth || 1);
    this.zoom = factor ? Math.min(Math.max(this.zoom * factor, 1), 512) : 1;
    this.paint();
    this.box.scrollLeft = middle * this.box.scrollWidth - this.box.clientWidth / 2;
    tell(`Zoom ${this.zoom}`);
  }

  x(value) {
    const span = this.last - this.first || 1;
    return this.left + ((value - this.first) / span) * (this.inner - 14);
  }

  paint() {
    this.width = this.box.clientWidth;
    if (!this.width || !this.lanes.length) { this.box.hidden = !this.lanes.length; return; }
    this.left = Math.min(190, this.width * 0.32);
    this.inner = Math.max(this.width - this.left - 4, 60) * this.zoom;
    const lanes = this.lanes.slice(0, this.limit);
    const height = AXIS + lanes.reduce((sum, lane) => sum + lane.rows.length * ROW + 6, 0);
    const width = this.left + this.inner;
    const svg = drawn("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "group", "aria-label": "Negotiations over time" });
    this.ticks(svg, height);
    this.places = new Map();
    let y = AXIS;
    for (const lane of lanes) {
      svg.append(drawn("path", { class: "stripe", d: `M0 ${y}H${this.left + this.inner}` }));
      const drawnAt = new Set();
      lane.bars.forEach((bar) => svg.append(...this.bar(bar, y, drawnAt)));
      const name = drawn("text", { class: "peer", x: 12, y: y + 16 }, shortened(lane.peer, Math.floor((this.left - 20) / 7.3)));
      name.append(drawn("title", {}, lane.peer));
      svg.append(name);
      y += lane.rows.length * ROW + 6;
    }
    svg.append(...this.rekeys());
    this.box.replaceChildren(svg);
    const more = byId("more-lanes");
    more.hidden = this.lanes.length <= this.limit;
    more.textContent = `Show all ${counted(this.lanes.length, "peer")}`;
    this.choose(this.chosen);
  }

  bar({ number, row }, y, drawnAt) {
    const one = this.data.negotiations[number];
    const [from, to, last] = this.spans[number].map((value) => this.x(value));
    const width = Math.max(to - from, 7);
    const top = y + 3 + row * ROW;
    const end = Math.max(from + width, last);
    this.places.set(one.id, { x: from, end, y: top + ROW / 2 - 2 });
    const place = `${row} ${Math.round(from / NEAR)} ${Math.round(end / NEAR)} ${one.tone}`;
    if (drawnAt.has(place) && number !== this.chosen) return [];
    drawnAt.add(place);
    const life = end > from + width ? [drawn("rect", { class: `alive ${one.tone}`, x: from, y: top + ROW / 2 - 4, width: end - from, height: 4 })] : [];
    const words = [one.id, one.status.toLowerCase(), one.peer, one.role, one.verdict, one.began].filter(Boolean).join(", ");
    const rect = drawn("rect", { class: `bar ${one.tone}`, x: from, y: top, width, height: ROW - 4, rx: one.tone === "good" ? 4 : 0, role: "button", tabindex: number ? -1 : 0, "aria-label": words, "data-number": number });
    rect.append(drawn("title", {}, words));
    return width < 12 ? [...life, rect] : [...life, rect, drawn("text", { class: "sign", x: from + 7, y: top + 10.5, "aria-hidden": "true" }, STATUS_SIGNS[one.tone])];
  }

  rekeys() {
    return this.data.negotiations.flatMap((one) => {
      const from = this.places.get(one.rekeyed), to = this.places.get(one.id);
      if (!from || !to) return [];
      return [drawn("path", { class: "rekey", d: `M${from.end} ${from.y}C${from.end + 14} ${from.y} ${to.x - 14} ${to.y} ${to.x} ${to.y}` })];
    });
  }

  ticks(svg, height) {
    const span = this.last - this.first;
    const most = Math.max(1, Math.floor(this.inner / 110));
    const step = this.data.clock ? NICE.find((size) => span / size <= most) || span || 1 : Math.max(1, Math.ceil(span / most));
    for (let at = 0; at <= span; at += step) {
      const x = this.x(this.first + at);
      svg.append(drawn("path", { class: "tick", d: `M${x} ${AXIS - 6}V${height}` }));
      const end = x + 80 > this.left + this.inner;
      svg.append(drawn("text", { class: "ticked", x: end ? x - 3 : x + 3, y: 14, "text-anchor": end ? "end" : "start" }, this.named(this.first + at, step)));
    }
  }

  named(value, step) {
    if (!this.data.clock) return `line ${Math.round(value).toLocaleString("en")}`;
    const time = new Date(value * 1000).toISOString();
    if (step >= 86400) return time.slice(5, 10);
    return step < 1 ? time.slice(11, 23) : time.slice(11, 19);
  }

  choose(number) {
    this.chosen = number;
    if (number >= 0 && this.width && !this.box.querySelector(`[data-number="${number}"]`) && this.isShown(number)) { this.paint(); return; }
    for (const bar of this.box.querySelectorAll(".bar")) {
      const same = Number(bar.dataset.number) === number;
      bar.classList.toggle("chosen", same);
      if (number >= 0) bar.setAttribute("tabindex", same ? "0" : "-1");
    }
  }

  isShown(number) {
    return this.lanes.slice(0, this.limit).some((lane) => lane.bars.some((bar) => bar.number === number));
  }

  picked(target) {
    const bar = target.closest(".bar");
    if (bar) this.onPick(Number(bar.dataset.number));
  }

  pressed(event) {
    const bars = [...this.box.querySelectorAll(".bar")];
    const at = bars.indexOf(document.activeElement);
    if (event.key === "+" || event.key === "-") { this.zoomed(event.key === "+" ? 2 : 0.5); event.preventDefault(); return; }
    if (at < 0) return;
    const move = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (event.key === "Enter" || event.key === " ") { this.picked(bars[at]); event.preventDefault(); }
    if (move && bars[at + move]) {
      bars[at].setAttribute("tabindex", "-1");
      bars[at + move].setAttribute("tabindex", "0");
      bars[at + move].focus();
      event.preventDefault();
    }
  }
}

function shortened(text, most) {
  return text.length <= most ? text : `${text.slice(0, Math.max(most - 1, 1))}…`;
}
