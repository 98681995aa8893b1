// Why a script: parts of a page ask anew when the station rings, each for its topic (`bell:work` on
// the body). And a page that has lost its station must say so: without it a lane's screen would go
// on showing "please pass", and a desk green lights, long after the program behind them has gone.
"use strict";

const PATIENCE_MS = 1500; // a station that restarts within this was not missed by anybody
const REFUSED_MS = 500; // after a refusal; what else breaks the line is mended by the browser itself

let line = null;
let waiting = 0;

function heard() {
  clearTimeout(waiting);
  waiting = 0;
  const away = document.getElementById("away");
  if (away) { away.hidden = true; }
}

function unheard() {
  if (waiting) { return; }
  waiting = setTimeout(() => {
    const away = document.getElementById("away");
    if (away) { away.hidden = false; }
  }, PATIENCE_MS);
}

// A question may be lost where the line survives: then the next answer is a word as well.
document.addEventListener("htmx:sendError", unheard);
document.addEventListener("htmx:afterOnLoad", () => {
  if (line?.readyState === EventSource.OPEN) { heard(); }
});

// A browser keeps six lines to one station. So a sheet in a tab that nobody sees gives its own back;
// seen again it asks as it was drawn, and hears of all it has missed. A screen on a wall never does.
function mayRest() { return "whileSeen" in document.body.dataset; }

function listen() {
  const { bell } = document.body.dataset;
  line?.close();
  if (!bell || (document.hidden && mayRest())) { return; }
  line = new EventSource(bell);
  line.onopen = heard;
  line.onmessage = ({ data }) => htmx.trigger(document.body, `bell:${data}`);
  line.onerror = ({ target }) => {
    unheard();
    if (target === line && target.readyState === EventSource.CLOSED) { setTimeout(listen, REFUSED_MS); }
  };
}

document.addEventListener("DOMContentLoaded", listen);
document.addEventListener("visibilitychange", () => { if (mayRest()) { listen(); } });
addEventListener("pageshow", ({ persisted }) => { if (persisted) { listen(); } }); // "back" thawed it

// Answers may overtake each other: a form's and the bell's. The newer one stays. (An answer bears
// the run of the station and how often its bell had rung; see kiosk/station/web.py.)
document.addEventListener("htmx:beforeSwap", (event) => {
  const shown = document.getElementById("seen");
  const fresh = /id="seen"[^>]* value="(\w+)-(\d+)"/.exec(event.detail.serverResponse);
  if (!shown || !fresh || !event.detail.target.contains(shown)) { return; }
  const [run, count] = shown.value.split("-");
  if (fresh[1] === run && Number(fresh[2]) < Number(count)) { event.detail.shouldSwap = false; }
});

// What the station answers with an apology in words is shown whole, as a plain form would show it.
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.isError && event.detail.boosted) { event.detail.shouldSwap = true; }
});
