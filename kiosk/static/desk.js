// Why a script: a counter is worked without the mouse. Function keys press the button that bears
// them, Enter presses the next right thing, "/" goes to the search, arrows walk, Esc leaves.
"use strict";

const TYPING = "input:not([type=checkbox]), select, textarea";

function press(button) {
  if (!button || button.disabled) { return false; }
  button.click();
  if (button.matches("summary")) { standIn(button); }
  return true;
}

// What a key unfolded is worked by keys too: the first thing in it, and back when it is folded.
function standIn(summary) {
  const inside = "a, button, select, input:not([type=hidden])";
  (summary.parentElement.open ? summary.parentElement.querySelector(inside) : summary)?.focus();
}

// Esc folds the menu that was unfolded, before it leaves the page.
function foldMenu() {
  const summary = document.querySelector("details.menu[open] > summary");
  if (!summary) { return false; }
  summary.click();
  summary.focus();
  return true;
}

function walkMenu(at, step) {
  const entries = [...at.closest(".menu").querySelectorAll("nav a")];
  neighbour(entries, at, step)?.focus();
  return true;
}

// A key borne by buttons of several cards means the chosen card; F9 must not block just any of them.
function bearer(key) {
  const wanted = `[data-key="${CSS.escape(key)}"]`;
  return document.querySelector(`[data-card][data-selected] ${wanted}`)
    || [...document.querySelectorAll(wanted)].find((button) => !button.closest("[data-card]") && !waits(button));
}

// The choice of another class of holders waits while somebody is being served.
function waits(button) {
  return button.matches("[data-idle]") && Boolean(document.querySelector("#work .steps"));
}

function neighbour(items, current, step) {
  const place = items.indexOf(current);
  return place < 0 ? items[step > 0 ? 0 : items.length - 1] : items[place + step];
}

function walkFound(step) {
  const search = document.getElementById("q");
  const rows = [...document.querySelectorAll("#found [data-found]")];
  if (!rows.length) { return false; }
  const next = neighbour(rows, document.activeElement, step);
  (next || (step < 0 ? search : rows.at(-1))).focus();
  return true;
}

function walkCards(step) {
  const cards = [...document.querySelectorAll("[data-card]")];
  const chosen = document.querySelector("[data-card][data-selected]");
  const next = neighbour(cards, chosen, step);
  if (!next) { return false; }
  if (chosen) { delete chosen.dataset.selected; }
  next.dataset.selected = "";
  next.focus();
  return true;
}

function leaveSearch() {
  const search = document.getElementById("q");
  search.value = "";
  search.form.querySelector("[name=class]")?.remove();
  search.placeholder = search.dataset.hint || search.placeholder;
  document.getElementById("found").replaceChildren();
  search.blur();
}

function onKey(event) {
  const at = event.target;
  const inSearch = Boolean(at.closest(".search"));
  const typing = at.matches(TYPING);
  switch (event.key) {
    case "/":
      if (typing) { return false; }
      document.getElementById("q").select();
      return true;
    case "ArrowDown": case "ArrowUp": {
      const step = event.key === "ArrowDown" ? 1 : -1;
      if (inSearch) { return walkFound(step); }
      if (at.closest(".menu[open] nav")) { return walkMenu(at, step); }
      return typing ? false : walkCards(step);
    }
    case "Enter":
      if (at.id === "q") { press(document.querySelector("[data-found]")); return true; }
      // A tick takes Enter like a field does: the form it stands in is sent.
      return at.closest("button, a, summary, " + TYPING + ", [type=checkbox]")
        ? false : press(document.querySelector("[data-next]"));
    case "Escape":
      if (foldMenu()) { return true; }
      if (inSearch) { leaveSearch(); return true; }
      return press(bearer("Escape"));
    default:
      if (/^\d$/.test(event.key) && !typing) { document.getElementById("received")?.focus(); return false; }
      // Plus and minus count who waits; in a field they are what somebody types.
      return (/^F\d/.test(event.key) || (/^[-+]$/.test(event.key) && !typing)) && press(bearer(event.key));
  }
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) { return; }
  // A key that is held down asks once: Enter must not run through the steps by itself.
  if (event.repeat) {
    if (event.key === "Enter") { event.preventDefault(); }
    return;
  }
  if (onKey(event)) { event.preventDefault(); }
});

// After a step the keyboard stands where the next one begins, unless the clerk is elsewhere.
function standAtNext() {
  const here = document.activeElement;
  if (here && here !== document.body) { return; }
  const place = document.querySelector("[data-focus]") || document.querySelector("[data-next]:not([disabled])");
  if (place) { place.focus(); }
}
document.addEventListener("DOMContentLoaded", standAtNext);
document.addEventListener("htmx:afterSettle", standAtNext);

// The page is drawn anew whenever something happens, perhaps while the clerk is typing: what was
// typed or ticked goes into the new field of the same name, the chosen card stays the chosen one,
// and what was unfolded stays so. (htmx keeps the place of the cursor where nothing is folded.)
const FIELDS = "#work input[id]:not([type=hidden]), #work select[id]";
let typed = [];
let chosenCard = "";
let unfolded = [];
let stoodAt = "";
document.addEventListener("htmx:beforeSwap", () => {
  unfolded = [...document.querySelectorAll("#work details[id][open]")].map(({ id }) => id);
  stoodAt = document.activeElement?.id || "";
  typed = [...document.querySelectorAll(FIELDS)].map(({ id, value, checked }) => ({ id, value, checked }));
  chosenCard = document.querySelector("[data-card][data-selected]")?.id || "";
});
document.addEventListener("htmx:afterSwap", () => {
  const chosen = chosenCard && document.getElementById(chosenCard);
  if (chosen) {
    for (const card of document.querySelectorAll("[data-card]")) { delete card.dataset.selected; }
    chosen.dataset.selected = "";
  }
  for (const { id, value, checked } of typed) {
    const field = document.getElementById(id);
    if (field) { Object.assign(field, { value, checked }); }
  }
  typed = [];
  for (const id of unfolded) {
    const place = document.getElementById(id);
    if (place) { place.open = true; }
  }
  if (stoodAt && document.activeElement === document.body) { document.getElementById(stoodAt)?.focus(); }
});
document.addEventListener("htmx:afterSettle", () => {
  const received = document.getElementById("received");
  const change = document.getElementById("change");
  if (received?.value && !change.textContent.trim()) { received.dispatchEvent(new Event("input")); }
});

// A doubled click must not send a form twice; the server would recognise it, the clerk would not.
function rest(form, resting) {
  for (const button of form.querySelectorAll("button")) { button.classList.toggle("resting", resting); }
}
document.addEventListener("htmx:beforeRequest", (event) => {
  const form = event.detail.elt;
  if (!form.matches("form")) { return; }
  if (form.dataset.sent) { event.preventDefault(); return; }
  form.dataset.sent = "yes";
  rest(form, true);
  if (form.closest("#found")) { leaveSearch(); }
});
document.addEventListener("htmx:afterRequest", (event) => {
  const form = event.detail.elt;
  delete form.dataset.sent;
  rest(form, false);
});

// A page of lists asks now and then whether it may still be shown. Keys and clicks since it asked
// last tell the station that somebody is at work here, even where nothing was sent.
let acted = false;
for (const kind of ["keydown", "pointerdown"]) {
  document.addEventListener(kind, () => { acted = true; }, { passive: true });
}
document.addEventListener("htmx:configRequest", (event) => {
  if (!event.detail.path.endsWith("/watch")) { return; }
  if (acted) { event.detail.parameters.acted = "yes"; }
  acted = false;
});
