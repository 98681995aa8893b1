// Why a script: a page that has lost its station must say so. Without it a lane's screen would go
// on showing "please pass", and a desk green lights, long after the program behind them has gone.
"use strict";

const PATIENCE_MS = 1500; // a station that restarts within this was not missed by anybody

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

document.addEventListener("htmx:sseOpen", heard);
document.addEventListener("htmx:sseError", unheard);
document.addEventListener("htmx:sendError", unheard);

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
