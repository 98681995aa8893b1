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

// A function key pressed while the work is drawn anew is meant for what is coming: it waits. One that
// nothing bears yet, the card having been laid this very moment, waits a little.
const WAITS_MS = 1500;
const AT_ONCE = new Set(["F1", "F11"]); // the menu, and the lock: both are always there
let drawing = 0;
let kept = null;
let firstWanted = false; // of those who are being searched

function onFunctionKey(key) {
  kept = null;
  if ((drawing || firstWanted) && !AT_ONCE.has(key)) { kept = { key, until: Infinity }; return true; }
  if (press(bearer(key))) { return true; }
  if (!document.getElementById("work")) { return false; }
  kept = { key, until: performance.now() + WAITS_MS };
  return true; // F5 and F7 would be the browser's
}

function catchUp() {
  if (!kept || drawing || firstWanted) { return; }
  const { key, until } = kept;
  kept = null;
  const now = performance.now();
  if (now > until || press(bearer(key))) { return; }
  kept = { key, until: Math.min(until, now + WAITS_MS) };
}
document.addEventListener("pointerdown", () => { kept = null; }, { passive: true });

// Enter in the search means the first of those who fit what stands there now, and of no one else.
let foundFor = document.getElementById("q")?.value || "";

function openFirst() {
  const search = document.getElementById("q");
  firstWanted = search.value.trim() !== foundFor.trim();
  if (!firstWanted) { press(document.querySelector("[data-found]")); }
}
// What was typed before htmx was there is searched as soon as it is: htmx hears of changes only.
document.addEventListener("DOMContentLoaded", () => {
  const search = document.getElementById("q");
  const early = search?.value;
  if (!search || early === foundFor || !window.htmx) { return; }
  search.value = foundFor;
  document.addEventListener("htmx:load", () => {
    search.value = early;
    search.dispatchEvent(new Event("input", { bubbles: true }));
  }, { once: true });
});
document.addEventListener("htmx:afterSettle", ({ detail }) => {
  if (detail.requestConfig?.elt?.id !== "q") { return; }
  foundFor = String(detail.requestConfig.parameters.q || "");
  if (firstWanted) { openFirst(); catchUp(); }
});
document.addEventListener("htmx:beforeRequest", ({ detail }) => {
  if (detail.elt.id !== "q") { return; }
  const asked = String(detail.requestConfig.parameters.q || "");
  detail.xhr.addEventListener("loadend", () => { // answered without a list, or not at all
    if (firstWanted && asked === detail.elt.value) { firstWanted = false; catchUp(); }
  });
});
document.addEventListener("input", (event) => {
  if (event.isTrusted && event.target.id === "q") { firstWanted = false; } // typed on: not that yet
});

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
  search.value = foundFor = "";
  firstWanted = false;
  search.form.querySelector("[name=class]")?.remove();
  search.placeholder = search.dataset.hint || search.placeholder;
  document.getElementById("found").replaceChildren();
  search.blur();
}

// In the office Esc first leaves a field in which something was typed, and only then the page: a
// count of the drawer is not lost to one key.
function leaveField(at) {
  const typed = at.matches("input, textarea") && at.value !== at.defaultValue;
  if (!typed || !document.body.matches(".office")) { return false; }
  at.blur();
  return true;
}

function onKey(event) {
  const at = event.target;
  const inSearch = Boolean(at.closest(".search"));
  const typing = at.matches(TYPING);
  switch (event.key) {
    case "/":
      if (typing || !document.getElementById("q")) { return false; }
      document.getElementById("q").select();
      return true;
    case "ArrowDown": case "ArrowUp": {
      const step = event.key === "ArrowDown" ? 1 : -1;
      if (inSearch) { return walkFound(step); }
      if (at.closest(".menu[open] nav")) { return walkMenu(at, step); }
      return typing ? false : walkCards(step);
    }
    case "Enter":
      if (at.id === "q") { openFirst(); return true; }
      // A tick takes Enter like a field does: the form it stands in is sent.
      return at.closest("button, a, summary, " + TYPING + ", [type=checkbox]")
        ? false : press(document.querySelector("[data-next]"));
    case "Escape":
      kept = null;
      if (foldMenu()) { return true; }
      if (inSearch) { leaveSearch(); return true; }
      if (leaveField(at)) { return true; }
      return press(bearer("Escape"));
    default:
      if (/^\d$/.test(event.key) && !typing) { document.getElementById("received")?.focus(); return false; }
      // Plus and minus count who waits; in a field they are what somebody types.
      if (/^F\d/.test(event.key)) { return onFunctionKey(event.key); }
      return /^[-+]$/.test(event.key) && !typing && press(bearer(event.key));
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
document.addEventListener("htmx:afterSettle", standAtNext);
// What follows a pen comes with the first thing there is to sign.
document.addEventListener("htmx:load", () => {
  const pad = document.querySelector("[data-pad]");
  if (pad) { import(pad.dataset.pad); }
});
// The page is drawn anew whenever something happens, perhaps while the clerk is typing: what was
// typed or ticked goes into the new field of the same name, the chosen card stays the chosen one,
// and what was unfolded stays so. (htmx keeps the cursor's place where nothing is folded.)
const FIELDS = "#work input[id]:not([type=hidden]), #work select[id]";
let typed = [];
let chosenCard = "";
let laidOut = document.querySelector("[data-card][data-selected]")?.id || "";
let unfolded = [];
let stoodAt = "";
const sentFrom = new WeakMap(); // each form's place when it was sent
// A place without an id is known by what it says, and in which form of which card: Enter on a button
// that was focused must not go nowhere because something happened elsewhere.
function nameOf(place) {
  if (!place || place === document.body) { return ""; }
  const form = place.closest("form")?.getAttribute("action");
  return place.id || [form, place.closest("[data-card]")?.id, place.textContent].join("\n");
}
function standAgain(name) {
  const places = [...document.querySelectorAll("#work button, #work a, #work summary")];
  (document.getElementById(name) || places.find((each) => nameOf(each) === name))?.focus();
}
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  unfolded = [...document.querySelectorAll("#work details[id][open]")].map(({ id }) => id);
  // After an act the keyboard goes on to what comes next, unless the clerk has gone elsewhere since.
  const here = document.activeElement;
  const name = nameOf(here);
  const sent = sentFrom.get(detail.requestConfig?.elt) === name;
  stoodAt = sent ? here.id : name;
  // A button beside the work, as on the card that was found, stays: it must not keep the keyboard.
  if (sent && detail.target.id === "work" && !here.closest("#work")) { here.blur(); stoodAt = ""; }
  typed = [...document.querySelectorAll(FIELDS)].map(({ id, value, checked }) => ({ id, value, checked }));
  chosenCard = document.querySelector("[data-card][data-selected]")?.id || "";
});
document.addEventListener("htmx:afterSwap", (event) => {
  // Another card laid on the reader is the chosen one, whichever the arrows stood at before.
  const fresh = document.querySelector("[data-card][data-selected]")?.id || "";
  const chosen = event.detail.target.id === "work" && fresh === laidOut && document.getElementById(chosenCard);
  if (chosen) {
    for (const card of document.querySelectorAll("[data-card]")) { delete card.dataset.selected; }
    chosen.dataset.selected = "";
  }
  if (event.detail.target.id === "work") { laidOut = fresh; }
  for (const { id, value, checked } of typed) {
    const field = document.getElementById(id);
    if (field) { Object.assign(field, { value, checked }); }
  }
  typed = [];
  for (const id of unfolded) {
    const place = document.getElementById(id);
    if (place) { place.open = true; }
  }
  if (stoodAt && document.activeElement === document.body) { standAgain(stoodAt); }
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
  sentFrom.set(form, nameOf(document.activeElement));
  rest(form, true);
  if (form.closest("#found")) { leaveSearch(); }
});
document.addEventListener("htmx:beforeRequest", (event) => {
  const { target, xhr } = event.detail;
  if (event.defaultPrevented || target?.id !== "work") { return; }
  drawing += 1;
  xhr.addEventListener("loadend", () => { drawing -= 1; catchUp(); });
});
document.addEventListener("htmx:afterRequest", (event) => {
  const form = event.detail.elt;
  delete form.dataset.sent;
  rest(form, false);
});

// The same where a form is sent by the browser itself, for a page of its own.
const AGAIN_MS = 3000; // what was answered by a file to keep leaves its page as it stands
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented) { return; }
  if (form.dataset.sent) { event.preventDefault(); return; }
  form.dataset.sent = "yes";
  setTimeout(() => { delete form.dataset.sent; }, AGAIN_MS);
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

// A screen that covers itself takes its page away: what stands half-written in a form is handed over
// first, and is in its fields again for who wrote it.
const WRITTEN = "input:not([type=hidden]), textarea";
document.addEventListener("htmx:beforeOnLoad", ({ detail }) => {
  const path = detail.pathInfo.requestPath.split("?")[0];
  if (!path.endsWith("/watch") || !detail.xhr.getResponseHeader("HX-Redirect")) { return; }
  for (const form of document.querySelectorAll("form[method=post]")) {
    if (![...form.querySelectorAll(WRITTEN)].some((each) => each.value !== each.defaultValue)) { continue; }
    const to = new URL(form.action, location.href).pathname;
    const address = `${path.replace(/watch$/, "sign-in/unsent")}?to=${encodeURIComponent(to)}`;
    navigator.sendBeacon(address, new URLSearchParams(new FormData(form)));
  }
});

standAtNext();

// What was pressed before this script was there (`early.js`), as if it were pressed now.
document.removeEventListener("keydown", keepEarly, true);
for (const key of EARLY.splice(0)) {
  if (onKey({ key, target: document.activeElement })) { continue; }
  const field = document.activeElement;
  if (key.length === 1 && field.matches(TYPING)) {
    field.value += key;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
}
