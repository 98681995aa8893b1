// Why a script: it is small and comes first, so that no key is lost while the others are on their
// way. What is pressed before `desk.js` is there is kept in order, and `desk.js` makes it good.
"use strict";

const EARLY = [];
const WORKED_BY_ITSELF = "input, select, textarea, button, a, summary";

function keepEarly(event) {
  if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || event.repeat) { return; }
  const named = /^(F\d+|Escape)$/.test(event.key);
  const typed = event.key.length === 1 || event.key === "Enter";
  if (!named && (!typed || event.target.matches(WORKED_BY_ITSELF))) { return; }
  event.preventDefault();
  EARLY.push(event.key);
}
document.addEventListener("keydown", keepEarly, true);
