// Why a script: a signature is the path of a pen, and only a script can follow one. Without it the
// pad stays hidden and the row is signed on paper, by page and line. What is sent are the strokes
// as points on a field of the canvas's own size, never a picture; the server looks at every one.
"use strict";

const drawn = new WeakMap();
const LONGEST = 11500;

function strokesOf(canvas) {
  if (!drawn.has(canvas)) { drawn.set(canvas, []); }
  return drawn.get(canvas);
}

function pointOf(canvas, event) {
  const box = canvas.getBoundingClientRect();
  const within = (value, most) => Math.max(0, Math.min(most, Math.round(value)));
  return [
    within((event.clientX - box.left) * canvas.width / box.width, canvas.width),
    within((event.clientY - box.top) * canvas.height / box.height, canvas.height),
  ];
}

function textOf(canvas) {
  return strokesOf(canvas).map((stroke) => stroke.map((point) => point.join(",")).join(" ")).join(";");
}

function keep(canvas) {
  canvas.closest("[data-pad]").querySelector("[name=strokes]").value = textOf(canvas);
}

function draw(canvas) {
  const pen = canvas.getContext("2d");
  pen.clearRect(0, 0, canvas.width, canvas.height);
  pen.lineWidth = 3;
  pen.lineCap = pen.lineJoin = "round";
  pen.strokeStyle = getComputedStyle(canvas).color;
  for (const stroke of strokesOf(canvas)) {
    pen.beginPath();
    stroke.forEach(([x, y], place) => (place ? pen.lineTo(x, y) : pen.moveTo(x, y)));
    pen.stroke();
  }
}

function show() {
  for (const pad of document.querySelectorAll("[data-pad][hidden]")) { pad.hidden = false; }
}

let at = null;

document.addEventListener("pointerdown", (event) => {
  const canvas = event.target.closest("[data-pad] canvas");
  if (!canvas || textOf(canvas).length > LONGEST) { return; }
  event.preventDefault();
  canvas.setPointerCapture(event.pointerId);
  strokesOf(canvas).push([pointOf(canvas, event)]);
  at = canvas;
});

document.addEventListener("pointermove", (event) => {
  if (!at) { return; }
  const stroke = strokesOf(at).at(-1);
  const [x, y] = pointOf(at, event);
  const [beforeX, beforeY] = stroke.at(-1);
  // A few points make a hand's line; a pen reports hundreds.
  if (Math.hypot(x - beforeX, y - beforeY) < 4 || textOf(at).length > LONGEST) { return; }
  stroke.push([x, y]);
  draw(at);
});

for (const end of ["pointerup", "pointercancel"]) {
  document.addEventListener(end, () => {
    if (!at) { return; }
    keep(at);
    at = null;
  });
}

document.addEventListener("click", (event) => {
  const canvas = event.target.closest("[data-pad-clear]")?.closest("[data-pad]").querySelector("canvas");
  if (!canvas) { return; }
  drawn.set(canvas, []);
  keep(canvas);
  draw(canvas);
});

document.addEventListener("htmx:afterSwap", show);
show();
