"use strict";
// The page of `ikelog serve`. What comes from a log is set as text, never as markup; the report is shown in a frame
// without an origin: it can ask nothing of this server, or of any other.
(() => {
  const at = (id) => document.getElementById(id);
  const ask = at("ask"), text = at("text"), files = at("files"), state = at("state"), result = at("result");
  let chosen = [];
  let asked = null;
  let running = null;

  function say(words, bad = false) {
    state.textContent = words;
    state.classList.toggle("bad", bad);
  }

  function showChosen() {
    at("chosen").replaceChildren(...chosen.map((file) => {
      const item = document.createElement("li");
      item.textContent = `${file.name}, ${Math.ceil(file.size / 1024).toLocaleString()} KB`;
      return item;
    }));
  }

  function choose(list) {
    chosen = [...list];
    showChosen();
  }

  function question() {
    const form = new FormData();
    if (text.value.trim()) form.append("text", text.value);
    for (const file of chosen) form.append("files", file, file.name);
    return { form, audit: at("audit").checked };
  }

  async function answer(format) {
    const address = `/api/v1/analyze?format=${format}&audit=${asked.audit}`;
    running = new AbortController();
    const response = await fetch(address, { method: "POST", body: asked.form, signal: running.signal });
    const body = await response.text();
    if (response.ok) return { body, skipped: response.headers.get("X-Ikelog-Skipped") };
    let detail = body;
    try { detail = JSON.parse(body).detail; } catch { /* no problem of this server's: shown as it is */ }
    throw new Error(detail || response.statusText);
  }

  function show(shown) {
    ask.hidden = shown;
    result.hidden = !shown;
    document.body.classList.toggle("shown", shown);
    if (!shown) at("report").removeAttribute("srcdoc");
  }

  async function analyse() {
    asked = question();
    if (![...asked.form.keys()].length) {
      say("Paste a log, or choose a file.", true);
      text.focus();
      return;
    }
    at("go").disabled = true;
    say("Analysing…");
    try {
      const { body, skipped } = await answer("html");
      at("report").srcdoc = body;
      show(true);
      say(skipped ? `Left out: ${skipped}` : "");
      at("report").focus();
    } catch (error) {
      if (error.name !== "AbortError") say(error.message, true);
    } finally {
      at("go").disabled = false;
    }
  }

  async function copy(format) {
    try {
      const made = answer(format).then(({ body }) => body);
      if (window.ClipboardItem && navigator.clipboard && navigator.clipboard.write) {
        // given as a promise, so that it counts as the click's own, however long it takes
        const blob = made.then((body) => new Blob([body], { type: "text/plain" }));
        await navigator.clipboard.write([new ClipboardItem({ "text/plain": blob })]);
      } else {
        copyBySelection(await made);
      }
      say(`Copied as ${format === "json" ? "JSON" : format === "markdown" ? "Markdown" : "text"}.`);
    } catch (error) {
      say(`Not copied: ${error.message}`, true);
    }
  }

  // where the browser gives no clipboard: pages that do not come from this machine, over plain HTTP
  function copyBySelection(body) {
    const field = document.createElement("textarea");
    field.value = body;
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    if (!done) throw new Error("the browser does not let this page copy");
  }

  function save() {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([at("report").srcdoc], { type: "text/html" }));
    link.download = "ikelog.html";
    link.click();
    URL.revokeObjectURL(link.href);
  }

  async function listExamples() {
    const response = await fetch("/api/v1/examples");
    if (!response.ok) return;
    for (const { name, title } of await response.json()) at("example").append(new Option(title, name));
  }

  async function example() {
    const name = at("example").value;
    if (!name) return;
    const response = await fetch(`/api/v1/examples/${encodeURIComponent(name)}`);
    if (!response.ok) { say("This example cannot be had.", true); return; }
    text.value = await response.text();
    choose([]);
    await analyse();
  }

  function another() {
    show(false);
    say("");
    text.focus();
  }

  function clear() {
    if (running) running.abort();
    ask.reset();
    choose([]);
    say("");
    text.focus();
  }

  ask.addEventListener("submit", (event) => { event.preventDefault(); analyse(); });
  files.addEventListener("change", () => choose(files.files));
  at("example").addEventListener("change", example);
  at("clear").addEventListener("click", clear);
  at("again").addEventListener("click", another);
  at("save").addEventListener("click", save);
  for (const button of document.querySelectorAll("[data-copy]")) {
    button.addEventListener("click", () => copy(button.dataset.copy));
  }
  text.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); analyse(); }
  });
  for (const name of ["dragenter", "dragover"]) {
    document.addEventListener(name, (event) => {
      event.preventDefault();
      document.body.classList.add("dragging");
    });
  }
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) document.body.classList.remove("dragging");
  });
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    document.body.classList.remove("dragging");
    if (!event.dataTransfer.files.length) return;
    another();
    choose(event.dataTransfer.files);
    analyse();
  });
  listExamples();
  document.documentElement.dataset.ready = "";
})();
