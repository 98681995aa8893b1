// Why a script: a counter is worked without the mouse. Function keys press the button that bears
// them, Enter presses the next right thing, "/" goes to the search, Esc leaves.
"use strict";

function visibleButton(selector) {
  const button = document.querySelector(selector);
  return button && !button.disabled ? button : null;
}

document.addEventListener("keydown", (event) => {
  const typing = event.target.matches("input[type=text], input[type=search], select");
  if (event.key === "/" && !typing) {
    event.preventDefault();
    document.getElementById("q").focus();
    return;
  }
  if (event.key === "Enter" && !event.target.closest("button, a, input, select")) {
    const next = visibleButton("[data-next]");
    if (next) { event.preventDefault(); next.click(); }
    return;
  }
  const named = visibleButton(`[data-key="${CSS.escape(event.key)}"]`);
  if (named) { event.preventDefault(); named.click(); }
});

function focusNext() {
  const field = document.querySelector("[data-focus]");
  if (field) { field.focus(); field.select(); }
}
document.addEventListener("DOMContentLoaded", focusNext);
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id === "work") { focusNext(); }
});

// A doubled click must not send a form twice; the server would recognise it, the clerk would not.
document.addEventListener("submit", (event) => {
  const button = event.target.querySelector("button");
  if (button) { setTimeout(() => { button.disabled = true; }, 0); }
});
