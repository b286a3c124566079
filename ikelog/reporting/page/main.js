// Puts the parts together: what is chosen in one is shown in the others.
const THEMES = { auto: ["◐", "Auto"], light: ["○", "Light"], dark: ["●", "Dark"] };

function remembered(key, value) {
  try {
    if (value === undefined) return localStorage.getItem(key);
    localStorage.setItem(key, value);
  } catch { /* a page from a file may not remember */ }
  return null;
}

function themed(name) {
  const [sign, word] = THEMES[name];
  if (name === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = name;
  const shown = made("span", "", `${sign} `);
  shown.setAttribute("aria-hidden", "true");
  byId("theme").replaceChildren(shown, word);
  byId("theme").setAttribute("aria-label", `Colours: ${word}`);
  byId("theme").dataset.name = name;
}

function themes() {
  const kept = remembered("ikelog-theme");
  themed(kept in THEMES ? kept : "auto");
  byId("theme").addEventListener("click", () => {
    const names = Object.keys(THEMES);
    const next = names[(names.indexOf(byId("theme").dataset.name) + 1) % names.length];
    themed(next);
    remembered("ikelog-theme", next);
  });
}

async function copied(button) {
  const text = button.parentElement.querySelector("pre").textContent.trimEnd();
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(button.parentElement.querySelector("pre"));
    button.textContent = "Selected";
  }
  tell(button.textContent);
  setTimeout(() => { button.textContent = "Copy"; }, 1500);
}

function printing() {
  let closed = [];
  byId("print").addEventListener("click", () => print());
  addEventListener("beforeprint", () => {
    closed = [...closed, ...document.querySelectorAll(".card:not([open]), .rest:not([open])")];
    for (const card of closed) card.open = true;
  });
  addEventListener("afterprint", () => {
    for (const card of closed) card.open = false;
    closed = [];
  });
}

// The controls above the log, and what of it they show.
function filters(log) {
  const apply = () => {
    log.show({ text: byId("find-text").value, of: byId("of").value, severity: Number(byId("severity").value) });
    const words = log.shown ? `${log.count.toLocaleString("en")} of ${counted(log.lines.count, "line")}` : counted(log.count, "line");
    byId("found-lines").textContent = words;
    if (log.shown) tell(words);
  };
  let waiting = 0;
  byId("find-text").addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(apply, 120); });
  for (const id of ["of", "severity"]) byId(id).addEventListener("change", apply);
  return apply;
}

function choices(negotiations) {
  const options = negotiations.map((one, number) => {
    const option = made("option", "", `of ${one.id}, ${one.peer}`);
    option.value = number;
    return option;
  });
  byId("of").append(...options);
}

// Shows a line of the log wherever the filters have hidden it.
function reveal(log, index, apply) {
  if (log.shown && log.at(log.placeOf(index)) !== index) {
    for (const [id, value] of [["find-text", ""], ["of", ""], ["severity", "0"]]) byId(id).value = value;
    apply();
  }
}

// The name of a source as the ladders have it.
const named = (source) => visible(source.name).replaceAll("\t", " ");

async function start() {
  themes();
  printing();
  document.addEventListener("click", (event) => { if (event.target.classList.contains("copy")) copied(event.target); });
  const data = JSON.parse(await unpacked("data"));
  let lanes = null, log = null;
  const list = new Negotiations(byId("negotiations"), data.negotiations, (number) => {
    lanes?.choose(number);
    const [source, first, last] = data.negotiations[number].spans[0] ?? [0, 0, 0];
    if (log && first) log.bring(indexOf(log.lines, source, first), indexOf(log.lines, source, last));
  });
  const lines = await readLines(data);
  const names = new Map(lines.sources.map((source, number) => [named(source), number]));
  const numbers = new Map(data.negotiations.map((one, number) => [one.id, number]));
  log = new Log(byId("log"), byId("rows"), lines, data.negotiations);
  lanes = new Lanes(byId("lanes"), data, lines, (number) => go(data.negotiations[number].id));
  choices(data.negotiations);
  const apply = filters(log);
  apply();

  list.onStep = (number, step, how, box) => {
    const source = names.get(step.source);
    const first = indexOf(lines, source, step.line), last = indexOf(lines, source, step.end);
    if (first < 0) return;
    excerpt(box, lines, first, last);
    reveal(log, first, apply);
    log.light(first, Math.max(first, last), how);
  };
  log.onPick = async (index, focus = false) => {
    const owner = lines.owners[index];
    if (owner === NO_OWNER) return;
    const source = sourceOf(lines, index);
    const ladder = await list.open(owner, { scroll: list.last !== owner });
    log.lit = [index, index];
    ladder.lineChosen(named(source), index - source.base + 1, focus);
    log.soon();
  };
  for (const input of document.getElementsByName("axis")) input.addEventListener("change", () => list.place(input.value));
  const narrow = () => list.filter(byId("find-negotiation").value, byId("outcome").value);
  byId("find-negotiation").addEventListener("input", narrow);
  byId("outcome").addEventListener("change", narrow);

  function go(name) {
    if (location.hash === `#${name}`) arrived(); else location.hash = name;
  }

  // A link to a negotiation (#N3) or to a line (#L0.287: of the first log).
  async function arrived() {
    const name = location.hash.slice(1);
    const card = name.startsWith("card-") && byId(name);
    if (card) { card.open = true; card.scrollIntoView({ block: "start" }); }
    const [, source, line] = name.match(/^L(\d+)\.(\d+)$/) || [];
    if (numbers.has(name)) await list.open(numbers.get(name));
    if (line === undefined) return;
    const index = indexOf(lines, Number(source), Number(line));
    if (index < 0) return;
    reveal(log, index, apply);
    log.light(index, index);
    await log.onPick(index);
    byId("log").closest(".pane").scrollIntoView({ block: "nearest" });
    byId("log").focus({ preventScroll: true });
  }
  addEventListener("hashchange", arrived);
  document.addEventListener("click", (event) => {
    const link = event.target.closest('a[href^="#"]');
    if (link && link.getAttribute("href") === location.hash) arrived();
  });

  document.addEventListener("keydown", (event) => {
    if (event.target.matches("input, select, textarea") || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "/") { event.preventDefault(); byId("find-text").focus(); }
    const move = { j: 1, k: -1 }[event.key];
    if (!move || !list.found.length) return;
    const at = list.found.indexOf(list.last ?? -1);
    const next = list.found[Math.min(Math.max(at + move, 0), list.found.length - 1)];
    go(data.negotiations[next].id);
    list.item(next).querySelector("summary").focus({ preventScroll: true });
  });

  const bad = data.negotiations.findIndex((one) => one.tone === "bad");
  if (location.hash.length > 1) await arrived();
  if (list.last === undefined && data.negotiations.length) await list.open(Math.max(bad, 0), { scroll: false });
  log.paint();
  document.documentElement.dataset.ready = "true";
}

// The lines of the chosen step below its ladder: where there is room for one of both only, the log is far away.
function excerpt(box, lines, first, last) {
  const most = 60;
  box.replaceChildren();
  for (let index = first; index <= Math.min(last, first + most); index += 1) {
    const source = sourceOf(lines, index);
    box.append(made("b", "", `${index - source.base + 1}  `), visible(textOf(lines, index).replace(/\r$/, "")), "\n");
  }
  if (last > first + most) box.append(`… ${counted(last - first - most, "more line")}`);
  box.hidden = false;
}

start().catch((error) => {
  const words = "DecompressionStream" in window ? `The page is not whole: ${error.message}` : "This browser is too old to unpack the ladders and the log.";
  byId("negotiations").replaceChildren(made("p", "note", words));
  throw error;
});
