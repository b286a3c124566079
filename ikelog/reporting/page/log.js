// The log: only the lines that can be seen are elements. A browser's elements can be so high and no higher, so that
// beyond that a pixel of the scroll bar is more than a pixel of the log.
const LINE_HEIGHT = 20;
const HIGHEST = 8_000_000;
const MOST_SHOWN = 2000;
const SIGNS = "●■▲◆▼★✚⬢";

class Log {
  constructor(box, rows, lines, negotiations) {
    Object.assign(this, { box, rows, lines, negotiations, shown: null, text: "", cursor: -1, lit: [0, -1], pool: new Map() });
    this.digits = String(Math.max(...lines.sources.map((source) => source.lines.length), 1)).length;
    this.onPick = () => {};
    box.addEventListener("scroll", () => this.soon(), { passive: true });
    new ResizeObserver(() => this.soon()).observe(box);
    box.addEventListener("click", (event) => this.clicked(event));
    box.addEventListener("keydown", (event) => this.pressed(event));
    this.resized();
  }

  get count() { return this.shown ? this.shown.length : this.lines.count; }

  at(place) { return this.shown ? this.shown[place] : place; }

  placeOf(index) {
    if (!this.shown) return index;
    let low = 0, high = this.shown.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.shown[middle] < index) low = middle + 1; else high = middle;
    }
    return low;
  }

  show(wanted) {
    const top = this.count ? this.at(Math.min(this.firstSeen(), this.count - 1)) : 0;
    this.shown = fitting(this.lines, wanted);
    this.text = wanted.text.toLowerCase();
    this.pool.forEach((row) => row.remove());
    this.pool.clear();
    this.resized();
    this.scrollTo(this.placeOf(this.cursor >= 0 ? this.cursor : top));
  }

  resized() {
    this.whole = this.count * LINE_HEIGHT;
    this.rows.style.height = `${Math.min(this.whole, HIGHEST)}px`;
    this.soon();
  }

  // How far the log is from its top, in pixels of lines.
  offset() {
    const room = Math.min(this.whole, HIGHEST) - this.box.clientHeight;
    if (this.whole <= HIGHEST || room <= 0) return this.box.scrollTop;
    return (this.box.scrollTop / room) * (this.whole - this.box.clientHeight);
  }

  firstSeen() { return Math.max(0, Math.floor(this.offset() / LINE_HEIGHT)); }

  scrollTo(place, context = 4) {
    const wanted = Math.max(0, (place - context) * LINE_HEIGHT);
    const room = Math.min(this.whole, HIGHEST) - this.box.clientHeight;
    const ratio = this.whole <= HIGHEST || room <= 0 ? 1 : room / (this.whole - this.box.clientHeight);
    this.box.scrollTop = wanted * ratio;
    this.soon();
  }

  soon() {
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => { this.waiting = false; this.paint(); });
  }

  paint() {
    const offset = this.offset();
    const first = Math.max(0, Math.floor(offset / LINE_HEIGHT) - 8);
    const last = Math.min(this.count, Math.ceil((offset + this.box.clientHeight) / LINE_HEIGHT) + 8);
    const shift = this.box.scrollTop - offset;
    for (const [place, row] of this.pool) {
      if (place < first || place >= last) { row.remove(); this.pool.delete(place); }
    }
    for (let place = first; place < last; place += 1) {
      let row = this.pool.get(place);
      if (!row) {
        row = this.row(this.at(place), place);
        this.pool.set(place, row);
        this.rows.append(row);
      }
      row.style.transform = `translateY(${place * LINE_HEIGHT + shift}px)`;
    }
    this.mark();
    const source = this.count ? sourceOf(this.lines, this.at(Math.min(this.firstSeen(), this.count - 1))) : null;
    byId("place").textContent = source ? visible(source.name) : "No line fits";
  }

  row(index, place) {
    const source = sourceOf(this.lines, index);
    const owner = this.lines.owners[index];
    const row = made("div", `line s${this.lines.severities[index]}`);
    row.id = `row-${index}`;
    row.dataset.index = index;
    row.setAttribute("role", "option");
    row.setAttribute("aria-setsize", this.count);
    row.setAttribute("aria-posinset", place + 1);
    const number = made("span", "no", index - source.base + 1);
    number.style.minWidth = `${this.digits + 3.2}ch`;
    row.append(number, this.owned(owner, row), this.said(source.lines[index - source.base]));
    return row;
  }

  owned(owner, row) {
    const element = made("span", "owner");
    if (owner !== NO_OWNER) {
      row.classList.add(`h${owner % 8}`);
      element.textContent = `${SIGNS[(owner >> 3) % 8]} ${this.negotiations[owner].id}`;
    }
    return element;
  }

  said(text) {
    const element = made("span", "said");
    const shown = text.length > MOST_SHOWN ? text.slice(0, MOST_SHOWN) : text;
    this.marked(element, shown.replace(/\r$/, ""));
    if (shown.length < text.length) {
      const more = made("button", "", `… ${(text.length - shown.length).toLocaleString("en")} more characters`);
      more.type = "button";
      more.tabIndex = -1;
      more.addEventListener("click", (event) => { event.stopPropagation(); element.replaceChildren(); this.marked(element, text); });
      element.append(more);
    }
    return element;
  }

  // Text with what is looked for marked in it.
  marked(element, text) {
    if (!this.text) { element.textContent = visible(text); return; }
    const lower = text.toLowerCase();
    let from = 0;
    for (let at = lower.indexOf(this.text); at >= 0 && lower.length === text.length; at = lower.indexOf(this.text, from)) {
      element.append(visible(text.slice(from, at)), made("mark", "", text.slice(at, at + this.text.length)));
      from = at + this.text.length;
    }
    element.append(visible(text.slice(from)));
  }

  mark() {
    for (const row of this.pool.values()) {
      const index = Number(row.dataset.index);
      const lit = index >= this.lit[0] && index <= this.lit[1];
      row.classList.toggle("lit", lit);
      row.classList.toggle("cursor", index === this.cursor);
      row.setAttribute("aria-selected", String(lit));
    }
    if (this.pool.has(this.placeOf(this.cursor))) this.box.setAttribute("aria-activedescendant", `row-${this.cursor}`);
    else this.box.removeAttribute("aria-activedescendant");
  }

  // Lights the lines of a step, and brings them into view where they are not.
  light(first, last, { quiet = false } = {}) {
    this.lit = [first, last];
    if (!quiet) this.cursor = first;
    const place = this.placeOf(first);
    const seen = this.firstSeen();
    const rows = Math.floor(this.box.clientHeight / LINE_HEIGHT);
    if (place < seen || place + Math.min(last - first, rows - 2) >= seen + rows - 1) this.scrollTo(place);
    this.soon();
  }

  // Brings the first of some lines into view where none of them is.
  bring(first, last) {
    if (!this.count) return;
    const seen = Math.min(this.firstSeen(), this.count - 1);
    const end = Math.min(seen + Math.floor(this.box.clientHeight / LINE_HEIGHT), this.count - 1);
    if (last < this.at(seen) || first > this.at(end)) this.scrollTo(this.placeOf(first), 0);
  }

  clicked(event) {
    const row = event.target.closest(".line");
    if (!row || String(getSelection())) return;
    this.cursor = Number(row.dataset.index);
    this.onPick(this.cursor);
    this.soon();
  }

  pressed(event) {
    const rows = Math.max(1, Math.floor(this.box.clientHeight / LINE_HEIGHT) - 1);
    const moves = { ArrowDown: 1, ArrowUp: -1, PageDown: rows, PageUp: -rows, Home: -Infinity, End: Infinity };
    if (event.key === "Enter" && this.cursor >= 0) { this.onPick(this.cursor, true); event.preventDefault(); return; }
    if (!(event.key in moves) || event.ctrlKey || event.metaKey || event.altKey || !this.count) return;
    event.preventDefault();
    const from = this.cursor < 0 ? this.firstSeen() - 1 : this.placeOf(this.cursor);
    const place = Math.min(Math.max(from + moves[event.key], 0), this.count - 1);
    this.cursor = this.at(place);
    const seen = this.firstSeen();
    if (place < seen + 1) this.scrollTo(place, 1);
    else if (place > seen + rows - 2) this.scrollTo(place, rows - 2);
    this.soon();
  }
}
