// The list of the negotiations: each can be opened, and has its ladder then.
const AT_ONCE = 100;

class Negotiations {
  constructor(box, all, onOpen) {
    Object.assign(this, { box, all, onOpen, found: all.map((_, number) => number), shown: 0, axis: "even", items: new Map(), ladders: new Map() });
    this.more = byId("more-negotiations");
    this.more.addEventListener("click", () => this.extend(AT_ONCE));
    this.refill();
  }

  filter(text, tone) {
    const wanted = text.trim().toLowerCase();
    this.found = this.all.flatMap((one, number) => (!tone || one.tone === tone) && this.words(one).includes(wanted) ? [number] : []);
    this.refill();
  }

  words(one) {
    one.words ??= [one.id, one.peer, one.device, one.verdict, one.status, ...one.facts.map((fact) => fact[1])].join(" ").toLowerCase();
    return one.words;
  }

  refill() {
    this.box.replaceChildren();
    this.shown = 0;
    this.extend(AT_ONCE);
    byId("found-negotiations").textContent = this.found.length === this.all.length ? "" : `${this.found.length.toLocaleString("en")} of ${this.all.length.toLocaleString("en")}`;
    if (!this.found.length) this.box.append(made("p", "wait", this.all.length ? "No negotiation fits." : "There is no negotiation in this log."));
  }

  extend(number) {
    const next = this.found.slice(this.shown, this.shown + number);
    this.box.append(...next.map((n) => this.item(n)));
    this.shown += next.length;
    const left = this.found.length - this.shown;
    this.more.hidden = left <= 0;
    this.more.textContent = `Show ${Math.min(left, AT_ONCE)} more of ${left.toLocaleString("en")}`;
  }

  item(number) {
    if (this.items.has(number)) return this.items.get(number);
    const one = this.all[number];
    const item = made("details", `neg h${number % 8}`);
    item.id = one.id;
    const head = made("summary");
    head.append(made("span", "badge", `${SIGNS[(number >> 3) % 8]} ${one.id}`), made("span", `status ${one.tone}`, one.status), made("span", "who", one.peer));
    const how = [one.role, one.device && `on ${one.device}`, one.began, counted(one.messages, "message"), one.took !== null && duration(one.took)];
    for (const words of how.filter(Boolean)) head.append(made("span", "how", words));
    if (one.verdict) head.append(made("span", "verdict", one.verdict));
    item.append(head);
    item.addEventListener("toggle", () => { if (item.open) this.opened(number); });
    this.items.set(number, item);
    return item;
  }

  // Opens a negotiation, wherever it is in the list, and returns its ladder when it is there.
  async open(number, { scroll = true } = {}) {
    if (!this.found.includes(number)) { byId("find-negotiation").value = ""; byId("outcome").value = ""; this.filter("", ""); }
    while (!this.box.contains(this.item(number))) this.extend(AT_ONCE);
    const item = this.item(number);
    item.open = true;
    const ladder = await this.opened(number);
    // how high the items above are is known for certain once they have been near the window
    for (let again = 0; scroll && again < 3; again += 1) {
      item.scrollIntoView({ block: "start" });
      await new Promise(requestAnimationFrame);
    }
    return ladder;
  }

  opened(number) {
    if (!this.ladders.has(number)) this.ladders.set(number, this.build(number));
    if (this.last !== number) { this.last = number; this.onOpen(number); }
    return this.ladders.get(number);
  }

  async build(number) {
    const one = this.all[number];
    const inside = made("div", "inside");
    const facts = made("dl", "facts");
    for (const [name, value] of one.facts) facts.append(made("dt", "", name), made("dd", "", value));
    const holder = made("div", "holder");
    const steps = made("div", "step-lines");
    steps.tabIndex = 0;
    steps.setAttribute("role", "region");
    steps.setAttribute("aria-label", `Log lines of the chosen step of ${one.id}`);
    steps.hidden = true;
    inside.append(facts, holder, steps, this.children(one));
    this.item(number).append(inside);
    const ladder = new Ladder(holder, await ladderOf(number));
    ladder.place(this.axis);
    ladder.onStep = (step, how) => this.onStep(number, step, how, steps);
    return ladder;
  }

  children(one) {
    const list = made("ul", "children");
    for (const [state, title] of one.children) list.append(made("li", state, title));
    list.hidden = !one.children.length;
    return list;
  }

  async place(axis) {
    this.axis = axis;
    for (const ladder of this.ladders.values()) (await ladder).place(axis);
  }
}

function duration(milliseconds) {
  const seconds = milliseconds / 1000;
  if (seconds < 120) return `${seconds.toFixed(seconds < 10 ? 3 : 1)} s`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}
