// Keys for those who like them, and lists that change without the page being loaded anew. Every page works without this file.
"use strict";

(() => {
  const KEYS = "payper-keys";
  const isTyping = (target) => target.closest("input, select, textarea, [contenteditable]") !== null;
  const areKeysOn = () => localStorage.getItem(KEYS) !== "off";
  const main = () => document.getElementById("main");
  const links = () => Array.from(document.querySelectorAll(".top > nav a[data-key]"));
  let isGoing = false;
  let hasShown = false;

  // --- lists: filters and pages of a list are put in place of the ones before ------------------------------------------------

  async function show(address, { isNew = true } = {}) {
    let answer;
    try {
      answer = await fetch(address, { headers: { Accept: "text/html" }, credentials: "same-origin" });
    } catch {
      location.assign(address);
      return;
    }
    const kind = answer.headers.get("Content-Type") || "";
    if (answer.status !== 200 || answer.redirected || !kind.startsWith("text/html") || answer.headers.has("Content-Disposition")) {
      location.assign(address);
      return;
    }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const next = page.getElementById("main");
    if (next === null || next.querySelector("script") !== null) {
      location.assign(address);
      return;
    }
    const focused = document.activeElement && document.activeElement.id;
    main().replaceWith(document.adoptNode(next));
    document.title = page.title;
    hasShown = true;
    if (isNew) history.pushState({ payper: true }, "", address);
    const again = focused && document.getElementById(focused);
    (again || main()).focus({ preventScroll: Boolean(again) });
    if (!again) scrollTo(0, 0);
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "get" || !form.classList.contains("filters")) return;
    event.preventDefault();
    const asked = new URLSearchParams();
    for (const [name, value] of new FormData(form)) if (value !== "") asked.append(name, value);
    show(`${form.getAttribute("action")}?${asked}`);
  });

  document.addEventListener("click", (event) => {
    const link = event.target.closest(".pages a");
    if (!link || event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    show(link.href);
  });

  // Before anything was put in place of something else, going back is the browser's own doing.
  addEventListener("popstate", () => { if (hasShown) show(location.href, { isNew: false }); });

  // --- keys ------------------------------------------------------------------------------------------------------------------

  function move(step) {
    const rows = Array.from(document.querySelectorAll("main tbody tr")).filter((row) => row.offsetParent !== null && row.querySelector("a, button"));
    if (rows.length === 0) return;
    const at = rows.findIndex((row) => row.contains(document.activeElement));
    const row = rows[at === -1 ? (step > 0 ? 0 : rows.length - 1) : Math.min(Math.max(at + step, 0), rows.length - 1)];
    row.querySelector("a, button").focus();
    row.scrollIntoView({ block: "nearest" });
  }

  function search() {
    const field = document.querySelector("[data-search]") || document.querySelector("main form.filters input:not([type=hidden]), main form.filters select");
    if (field) {
      field.focus();
      if (field.select) field.select();
      return;
    }
    const prospects = links().find((link) => link.pathname === "/prospects");
    if (prospects) location.assign(prospects.href);
  }

  function told() {
    const found = document.getElementById("keys");
    if (found) return found;
    const dialog = document.createElement("dialog");
    dialog.id = "keys";
    dialog.setAttribute("aria-labelledby", "keys-h");
    const add = (parent, name, text) => {
      const made = document.createElement(name);
      if (text !== undefined) made.textContent = text;
      parent.append(made);
      return made;
    };
    add(dialog, "h2", "Keys").id = "keys-h";
    const list = add(dialog, "dl");
    const row = (keys, words) => {
      const line = add(list, "div");
      const term = add(line, "dt");
      for (const key of keys) add(term, "kbd", key);
      add(line, "dd", words);
    };
    row(["/"], "Search, or the first filter");
    row(["j"], "Next row");
    row(["k"], "Row before");
    row(["Enter"], "Open the row");
    for (const link of links()) row(["g", link.dataset.key], link.textContent.trim());
    row(["?"], "These keys");
    const form = add(dialog, "form");
    form.method = "dialog";
    const check = add(form, "p");
    check.className = "check";
    const box = add(check, "input");
    box.type = "checkbox";
    box.id = "keys-on";
    box.checked = areKeysOn();
    const label = add(check, "label", "Single keys are on");
    label.htmlFor = "keys-on";
    box.addEventListener("change", () => localStorage.setItem(KEYS, box.checked ? "on" : "off"));
    add(form, "button", "Close");
    document.body.append(dialog);
    return dialog;
  }

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    if (event.key === "?") {
      event.preventDefault();
      told().showModal();
      return;
    }
    if (!areKeysOn() || event.target.closest("dialog")) return;
    if (isGoing) {
      isGoing = false;
      const link = links().find((each) => each.dataset.key === event.key);
      if (link) {
        event.preventDefault();
        location.assign(link.href);
      }
      return;
    }
    if (event.key === "g") isGoing = true;
    else if (event.key === "j") move(1);
    else if (event.key === "k") move(-1);
    else if (event.key === "/") search();
    else return;
    event.preventDefault();
    if (isGoing) setTimeout(() => { isGoing = false; }, 1500);
  });
})();
