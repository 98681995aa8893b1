// Why a script: hardware is handled by hand. Cards are dragged (or clicked, or picked by a key),
// what the stations do to the devices shows by itself, and every button sends and names its call.

import { all, base, bodyOf, call, callText, curl, look, make, nameCall, one, redraw, say, showCall, words } from "./panel_state.js";
import { choose, chosen, line, setDragging, sheetUrl } from "./panel_draw.js";

const READER_KEYS = { d: "desk", k: "kiosk", h: "door", p: "carpark" };
const LOG_MS = 700;

// --- cards -----------------------------------------------------------------------------------------

const laid = (reader) => one(`[data-laid="${reader}"] [data-card]`)?.dataset.card;
const readerOf = (cardId) => one(`[data-laid] [data-card="${cardId}"]`)?.closest("[data-laid]").dataset.laid;

async function lay(cardId, reader) {
  choose(null);
  await call(`api/readers/${reader}/lay`, { card: cardId });
}

async function takeBack(cardId) {
  choose(null);
  const reader = readerOf(cardId);
  if (reader) { await call(`api/readers/${reader}/lift`, {}); }
}

// Not `chosen`: the answer to an earlier laying down may still unchoose whatever is in hand by then.
let dragged = null;

document.addEventListener("dragstart", (event) => {
  const card = event.target.closest?.("[data-card]");
  if (!card) { return; }
  dragged = card.dataset.card;
  event.dataTransfer.setData("text/plain", card.dataset.card);
  event.dataTransfer.effectAllowed = "move";
  choose(card.dataset.card);
  setDragging(true);
});

document.addEventListener("dragend", () => {
  setDragging(false);
  dragged = null;
  choose(null);
  all(".over").forEach((node) => node.classList.remove("over"));
  redraw("cards");
});

const dropPlace = (event) => event.target.closest?.("[data-reader], [data-wallet]");

document.addEventListener("dragover", (event) => {
  const place = dropPlace(event);
  all(".over").forEach((node) => node !== place && node.classList.remove("over"));
  if (!place || !dragged) { return; }
  event.preventDefault();
  if (!place.classList.contains("over") && place.dataset.reader) {
    showCall(`api/readers/${place.dataset.reader}/lay`, { card: dragged });
  }
  place.classList.add("over");
});

document.addEventListener("drop", async (event) => {
  const place = dropPlace(event);
  const cardId = event.dataTransfer.getData("text/plain");
  if (!place || !cardId) { return; }
  event.preventDefault(); // what lies where is drawn when the browser has ended the drag, not before
  if (place.dataset.reader) { await lay(cardId, place.dataset.reader); } else { await takeBack(cardId); }
});

// --- clicks ----------------------------------------------------------------------------------------

const CLICKS = {
  "[data-call]": (button) => call(button.dataset.call, bodyOf(button)),
  "[data-card]": (card) => {
    const reader = card.closest("[data-laid]")?.dataset.laid;
    if (reader && chosen && chosen !== card.dataset.card) { return lay(chosen, reader); }
    return choose(chosen === card.dataset.card ? null : card.dataset.card);
  },
  "[data-pad]": (pad) => (chosen ? lay(chosen, pad.dataset.pad) : null),
  "[data-drawer]": (button) => openDrawer(button.dataset.drawer),
  "[data-copy]": copyCall,
  "[data-sheet]": (button) => openSheet(...button.dataset.sheet.split("/")),
  "[data-dialog-go]": (button) => turnSheet(Number(button.dataset.dialogGo)),
  "[data-dialog-text]": toggleText,
  "[data-wallet] .cards": () => (chosen && readerOf(chosen) ? takeBack(chosen) : null),
};

document.addEventListener("click", (event) => {
  for (const [selector, act] of Object.entries(CLICKS)) {
    const node = event.target.closest(selector);
    if (node) { act(node); return; }
  }
});

// Enter in a field presses the button beside it.
document.addEventListener("submit", (event) => {
  const button = one("[data-call]", event.target);
  if (button) { event.preventDefault(); button.click(); }
});

document.addEventListener("keydown", (event) => {
  if (event.target.matches("input, select") || event.ctrlKey || event.altKey || event.metaKey) { return; }
  if (event.key === "Escape") { choose(null); }
  if (/^[1-9]$/.test(event.key)) {
    const card = all("[data-cards] [data-card]")[Number(event.key) - 1];
    if (card) { choose(card.dataset.card); card.scrollIntoView({ block: "nearest" }); }
  }
  const reader = READER_KEYS[event.key.toLowerCase()];
  if (reader && chosen) { lay(chosen, reader); }
  if (event.key.toLowerCase() === "w" && chosen) { takeBack(chosen); }
});

// --- every button names its call -----------------------------------------------------------------------

function name(button) {
  const text = callText(button.dataset.call, bodyOf(button));
  button.title = text;
  button.dataset.caption = text.replace(`POST ${base}api/`, "");
}

function nameAll() { all("[data-call]").forEach(name); }

for (const moment of ["pointerover", "focusin"]) {
  document.addEventListener(moment, (event) => {
    const button = event.target.closest?.("[data-call]");
    if (button) { name(button); nameCall(button.dataset.call, bodyOf(button)); }
  });
}
document.addEventListener("input", nameAll);
one("[data-show-calls]").addEventListener("change", (event) => {
  document.body.classList.toggle("show-calls", event.target.checked);
});

async function copyCall(button) {
  await navigator.clipboard.writeText(curl());
  const before = button.textContent;
  button.textContent = words.copied;
  setTimeout(() => { button.textContent = before; }, 1200);
}

// --- drawers and the byte log ----------------------------------------------------------------------------

function openDrawer(id) {
  for (const button of all("[data-drawer]")) {
    const drawer = document.getElementById(button.dataset.drawer);
    drawer.hidden = button.dataset.drawer !== id || !drawer.hidden;
    button.setAttribute("aria-expanded", String(!drawer.hidden));
  }
  if (id === "drawer-bytes") { readBytes(); }
}

const logReader = () => one("[name=log-reader]:checked").value;
let logTimer = 0;
let logRead = 0; // a newer reading makes an older one's answer void

async function readBytes() {
  clearTimeout(logTimer);
  if (document.getElementById("drawer-bytes").hidden) { return; }
  const reading = ++logRead;
  const table = one("[data-bytes]");
  const reader = logReader();
  if (table.dataset.reader !== reader) { table.replaceChildren(); table.dataset.reader = reader; table.dataset.last = "0"; }
  const path = `${base}api/readers/${reader}/log?after=${table.dataset.last}`;
  one("[data-log-call]").textContent = `GET ${path}`;
  try {
    const { lines } = await (await fetch(path)).json();
    if (reading !== logRead) { return; }
    for (const each of lines) {
      table.prepend(line(each.number, each.time, `→ ${each.command}`, each.answer ? `← ${each.answer}` : `✕ ${words.lost}`));
      table.dataset.last = each.number;
    }
    while (table.rows.length > 400) { table.deleteRow(-1); }
  } catch {
    document.body.classList.add("lost");
  }
  logTimer = setTimeout(readBytes, LOG_MS);
}

all("[name=log-reader]").forEach((radio) => radio.addEventListener("change", () => {
  for (const each of all("[data-log-switch]")) { each.hidden = each.dataset.logSwitch !== logReader(); }
  readBytes();
}));

// --- paper, large ------------------------------------------------------------------------------------------

const dialog = one("[data-dialog]");
let open = null;

function openSheet(printer, number) {
  open = { printer, number, text: open?.text ?? false };
  showSheet();
  if (!dialog.open) { dialog.showModal(); }
}

async function showSheet() {
  const { printer, number, text } = open;
  one("[data-dialog-title]").textContent = number === "hanging" ? words.hanging : say("sheet", { n: number });
  one("[data-dialog-picture]").hidden = text;
  one("[data-dialog-plain]").hidden = !text;
  one("[data-dialog-text]").textContent = text ? words["as-picture"] : words["as-text"];
  if (text) {
    one("[data-dialog-plain]").textContent = await (await fetch(sheetUrl(printer, number, "txt"))).text();
  } else {
    one("[data-dialog-picture]").src = sheetUrl(printer, number);
  }
}

async function turnSheet(step) {
  if (open.number === "hanging") { return; }
  const number = Number(open.number) + step;
  const answer = await fetch(sheetUrl(open.printer, number));
  if (answer.ok) { openSheet(open.printer, number); }
}

function toggleText() { open.text = !open.text; showSheet(); }

one('[data-dialog-go="-1"]').textContent = `← ${words.older}`;
one('[data-dialog-go="1"]').textContent = `${words.newer} →`;
one("[data-dialog-close]").textContent = words.close;
dialog.addEventListener("click", (event) => { if (event.target === dialog) { dialog.close(); } });

one(".panel-main").prepend(make("p", { className: "notice refused lost-line", textContent: `✕ ${words["lane-broken"]}` }));
one("[data-bytes]").dataset.empty = words["no-bytes"];
nameAll();
look();
