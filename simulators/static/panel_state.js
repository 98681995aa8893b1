// The panel's link to the site: asks for the state again and again, and sends the calls of buttons.

const LOOK_MS = 700;
const HIDDEN_LOOK_MS = 3000;
const MONEY_EVERY = 3; // the card server is asked on every third look

export const base = document.body.dataset.base;
export const words = JSON.parse(document.getElementById("words").textContent);
export const faultWords = JSON.parse(document.getElementById("fault-words").textContent);

export const all = (selector, root = document) => [...root.querySelectorAll(selector)];
export const one = (selector, root = document) => root.querySelector(selector);
export const say = (key, values = {}) =>
  words[key].replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
export const yuan = (fen) => (fen / 100).toFixed(2);

export function make(tag, properties = {}, ...inside) {
  const node = Object.assign(document.createElement(tag), properties);
  node.append(...inside);
  return node;
}

let state = null;
let drawn = {};
let looks = 0;
let timer = 0;
const drawers = [];

export const now = () => state;
export const draw = (name, pick, show) => drawers.push({ name, pick, show });

// "readers.desk.plugged" in the state.
export const at = (path) => path.split(".").reduce((found, name) => found?.[name], state);

function render() {
  for (const node of all("[data-text]")) {
    const text = String(at(node.dataset.text) ?? "");
    if (node.textContent !== text) { node.textContent = text; }
  }
  for (const node of all("[data-if]")) { node.hidden = !at(node.dataset.if); }
  for (const node of all("[data-unless]")) { node.hidden = Boolean(at(node.dataset.unless)); }
  for (const { name, pick, show } of drawers) {
    const picked = pick(state);
    const seen = JSON.stringify(picked);
    if (seen !== drawn[name]) { drawn[name] = seen; show(picked); }
  }
}

export function redraw(name) {
  delete drawn[name];
  if (state) { render(); }
}

export async function look() {
  clearTimeout(timer);
  const withMoney = looks++ % MONEY_EVERY === 0;
  try {
    const answer = await fetch(`${base}state.json${withMoney ? "" : "?money=no"}`);
    state = { ...state, ...(await answer.json()) };
    document.body.classList.remove("lost");
    render();
  } catch (error) {
    if (!(error instanceof TypeError)) { console.error(error); } // a TypeError of fetch: no line
    document.body.classList.add("lost");
  }
  timer = setTimeout(look, document.hidden ? HIDDEN_LOOK_MS : LOOK_MS);
}

// --- calls ---------------------------------------------------------------------------------------

export const callText = (path, body) => `POST ${base}${path} ${JSON.stringify(body)}`;

// A body with "$name" in place of the fields of the button's form.
function filled(body, form) {
  if (typeof body === "string" && body.startsWith("$")) {
    const field = form.elements.namedItem(body.slice(1));
    return field.type === "number" ? field.valueAsNumber || 0 : field.value;
  }
  if (Array.isArray(body)) { return body.map((each) => filled(each, form)); }
  if (body && typeof body === "object") {
    return Object.fromEntries(Object.entries(body).map(([name, each]) => [name, filled(each, form)]));
  }
  return body;
}

export const bodyOf = (button) =>
  filled(JSON.parse(button.dataset.body), button.closest("form"));

let shown = null;
let told = 0; // when the last outcome was shown

const OUTCOME_MS = 1500;

// A pressed button is redrawn under a resting pointer and names its next call at once; the outcome
// of the last one stays readable meanwhile.
export function nameCall(path, body) {
  if (shown?.path !== path || Date.now() - told > OUTCOME_MS) { showCall(path, body); }
}

export function showCall(path, body, outcome = "") {
  shown = { path, body };
  if (outcome) { told = Date.now(); }
  const line = one("[data-call-line]");
  line.textContent = callText(path, body);
  line.classList.toggle("refused", outcome.startsWith("4"));
  if (outcome) { line.append(make("span", { className: "outcome", textContent: ` → ${outcome}` })); }
  one("[data-copy]").hidden = false;
}

export function curl() {
  const body = JSON.stringify(shown.body).replaceAll("'", "'\\''");
  return `curl --json '${body}' ${location.origin}${base}${shown.path}`;
}

export async function call(path, body) {
  try {
    const answer = await fetch(base + path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    const said = await answer.json();
    showCall(path, body, answer.ok ? `${answer.status}` : `${answer.status} ${said.code}: ${said.message}`);
    looks = 0; // whatever was done may have moved money
    await look();
    return answer.ok ? said : null;
  } catch {
    document.body.classList.add("lost");
    return null;
  }
}
