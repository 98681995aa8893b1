// What the panel's pieces look like in a given state. Each `draw` is called when its part changed.

import { all, base, draw, faultWords, make, now, one, say, words, yuan } from "./panel_state.js";

const FAMILIES = { classic: "classic", desfire: "desfire" };
const THUMBNAILS = 4;
const LED_FITS = 18; // characters of a lane display's line on this page

export let chosen = null;
export let dragging = false;

export const setDragging = (on) => { dragging = on; };

export function choose(cardId) {
  chosen = cardId;
  for (const node of all("[data-card]")) {
    node.setAttribute("aria-pressed", String(node.dataset.card === chosen));
  }
  document.body.classList.toggle("choosing", chosen !== null);
}

// --- cards ---------------------------------------------------------------------------------------

const placeName = (reader) => one(`[data-reader="${reader}"]`).dataset.place;

function plastic(card, where) {
  const family = FAMILIES[card.kind.split("-")[0]] ?? "other";
  const node = make("button", { type: "button", className: `card ${family}`, draggable: true },
    make("span", { className: "card-label", textContent: card.label.replace(/^MIFARE /, "") }),
    make("span", { className: "card-uid mono", textContent: card.uid }),
    make("span", { className: "card-id", textContent: where ? `→ ${where}` : card.id }));
  node.dataset.card = card.id;
  node.title = `${card.id} · ${card.name} · ${card.uid}`;
  node.setAttribute("aria-pressed", String(card.id === chosen));
  return node;
}

draw("cards", (state) => [state.cards, dragging], ([cards]) => {
  if (dragging) { return; } // the browser ends a drag whose card is taken out of the page
  const list = one("[data-cards]");
  const focused = document.activeElement?.dataset?.card;
  list.replaceChildren(...cards.map((card) => {
    const node = plastic(card, card.where && placeName(card.where));
    node.classList.toggle("lying", card.where !== null);
    return make("li", {}, node);
  }));
  if (!cards.length) { list.append(make("li", { className: "soft small", textContent: list.dataset.empty })); }
  for (const place of all("[data-laid]")) {
    const card = cards.find((each) => each.where === place.dataset.laid);
    const lies = place.firstElementChild?.dataset.card;
    if (lies !== card?.id) { place.replaceChildren(...(card ? [plastic(card)] : [])); }
  }
  if (chosen && !cards.some((card) => card.id === chosen)) { choose(null); }
  if (focused) { one(`[data-cards] [data-card="${focused}"]`)?.focus({ preventScroll: true }); }
});

draw("faults", (state) => Object.entries(state.readers).map(
  ([name, reader]) => [name, reader.faults, reader.fired]), (readers) => {
  for (const [name, faults, fired] of readers) {
    const line = one(`[data-planned="${name}"]`);
    const next = faults[0];
    line.hidden = !next && !fired.length;
    one("span", line).textContent = next
      ? say("planned", { n: next.left, fault: faultWords[next.kind] })
      : say("fired", { fault: faultWords[fired.at(-1)] ?? "" });
  }
});

draw("cables", (state) => Object.entries(state.readers).map(([name, r]) => [name, r.plugged]), (readers) => {
  for (const [name, plugged] of readers) {
    one(`[data-reader="${name}"]`).classList.toggle("unplugged", !plugged);
  }
});

// --- lights --------------------------------------------------------------------------------------

const MARKS = { done: "✓", attention: "!", refused: "✕" };

function light(name, meaning, text) {
  const node = one(`[data-light="${name}"]`);
  node.className = `light ${meaning}`;
  one(".said", node).textContent = `${MARKS[meaning] ?? ""} ${text}`;
}

function printerLight({ condition }) {
  const troubles = [
    [!condition.powered, "powered-off"], [condition.cover_open, "cover-open"],
    [condition.paper_out, "paper-out"], [condition.cutter_jammed, "cutter-jammed"],
    [condition.offline, "offline"], [condition.mute, "muted"],
  ];
  const trouble = troubles.find(([there]) => there);
  if (trouble) { return ["refused", words[trouble[1]]]; }
  return condition.paper_near_end ? ["attention", words["near-end"]] : ["done", words.ready];
}

// --- paper ---------------------------------------------------------------------------------------

export const sheetUrl = (printer, number, kind = "png") => {
  const state = now();
  const version = number === "hanging" ? state.printers[printer].hanging_dots : state.run;
  return `${base}api/printers/${printer}/sheets/${number}.${kind}?of=${version}`;
};

function sheet(printer, number, className) {
  const title = number === "hanging" ? words.hanging : say("sheet", { n: number });
  const picture = make("img", { src: sheetUrl(printer, number), alt: title });
  const button = make("button", { type: "button", className, title }, picture);
  button.dataset.sheet = `${printer}/${number}`;
  return button;
}

draw("printers", (state) => [state.run, state.printers], ([, printers]) => {
  for (const [name, printer] of Object.entries(printers)) {
    light(name, ...printerLight(printer));
    const body = one(`[data-printer="${name}"]`);
    body.classList.toggle("open", printer.condition.cover_open);
    body.classList.toggle("dead", !printer.condition.powered);
    const numbers = Array.from({ length: Math.min(printer.sheets, THUMBNAILS + 1) }, (_, n) => printer.sheets - n);
    const newest = printer.hanging ? "hanging" : numbers.shift();
    const paper = one(`[data-paper="${name}"]`);
    const key = newest ? sheetUrl(name, newest) : "";
    if (newest && paper.dataset.shown !== key) {
      paper.dataset.shown = key;
      paper.replaceChildren(sheet(name, newest, "sheet arrive"));
    }
    const older = one(`[data-older="${name}"]`);
    const shown = numbers.slice(0, THUMBNAILS).join(" ");
    if (older.dataset.shown !== shown) {
      older.dataset.shown = shown;
      older.replaceChildren(...numbers.slice(0, THUMBNAILS).map((n) => sheet(name, n, "thumb")));
    }
  }
});

// --- banknotes -----------------------------------------------------------------------------------

const sum = (notes) => notes.reduce((total, note) => total + note, 0);

function acceptorLight(view) {
  if (!view.powered) { return ["refused", words["powered-off"]]; }
  if (view.stage === "jammed") { return ["refused", words.jammed]; }
  if (!view.cashbox_in) { return ["refused", words["cashbox-out"]]; }
  return view.stacker_full ? ["refused", words["stacker-full"]] : ["done", words.ready];
}

draw("acceptor", (state) => state.acceptor, (view) => {
  light("acceptor", ...acceptorLight(view));
  for (const step of all("[data-track] [data-stage]")) {
    const here = step.dataset.stage === view.stage
      || (["returning", "jammed"].includes(view.stage) && step.dataset.stage === "reading");
    step.classList.toggle("here", here);
    step.classList.toggle("trouble", here && view.stage === "jammed");
    step.dataset.note = here && view.note_fen ? view.note_fen / 100 : here ? "?" : "";
  }
  one("[data-cashbox]").textContent = `${sum(view.cashbox_fen) / 100} (${view.cashbox_fen.length})`;
  one("[data-returned]").textContent = view.returned_fen.length;
  const takes = one("[data-takes]");
  const open = view.enabled && view.powered ? view.accepts_fen : [];
  takes.textContent = open.length
    ? `${takes.dataset.some} ${open.map((fen) => fen / 100).join(" · ")}` : takes.dataset.none;
});

// --- the resident's phone ------------------------------------------------------------------------

const SIGNS = { wechat: "微信", alipay: "支付宝" };

draw("orders", (state) => state.payments.orders, (orders) => {
  const list = one("[data-orders]");
  const kept = list.value;
  list.replaceChildren(...orders.map((each) => make("option", {
    value: each.order,
    textContent: `${SIGNS[each.order.split(":")[0]]} ${yuan(each.amount_fen)} · ${words[`order-${each.state}`]} · ${each.order.split(":")[1].slice(-6)}`,
  })));
  if (!orders.length) { list.append(make("option", { value: "", textContent: list.dataset.none })); }
  const open = orders.filter((each) => each.state === "open");
  const still = orders.find((each) => each.order === kept);
  list.value = (still?.state === "open" || !open.length ? still?.order : open[0].order) ?? list.options[0].value;
  one("[data-phone-count]").textContent = open.length ? say("orders", { n: open.length }) : "";
});

draw("notices", (state) => state.payments.notices, (notices) => {
  one("[data-notices]").textContent = notices.length
    ? say("notices", { n: notices.length, taken: notices.filter((each) => each.taken).length }) : "";
});

draw("pay-faults", (state) => state.payments.faults, (faults) => {
  const line = one("[data-pay-faults]");
  line.hidden = !faults.length;
  one("span", line).textContent = say("pay-planned", { faults: faults.map((each) => `${SIGNS[each.provider]} ${each.what}`).join(", ") });
});

// --- lanes ---------------------------------------------------------------------------------------

draw("lanes", (state) => state.lanes, (lanes) => {
  for (const [name, lane] of Object.entries(lanes)) {
    const piece = one(`[data-lane="${name}"]`);
    piece.style.setProperty("--height", lane.arm_height);
    piece.dataset.at = lane.place;
    piece.classList.toggle("vehicle", lane.vehicle_present);
    piece.classList.toggle("fire", lane.fire);
    for (const lamp of ["go", "stop"]) { piece.classList.toggle(`lit-${lamp}`, lane.lamps.includes(lamp)); }
    const led = one("[data-led]", piece);
    if (led) {
      led.dataset.colour = lane.display_colour;
      const row = (line) => make("span", { textContent: line, className: line.length > LED_FITS ? "runs" : "" });
      led.replaceChildren(...lane.display.map((line) => make("span", { className: "led-row" }, row(line))));
    }
    piece.classList.toggle("let-go", lane.strike_free);
    const kind = name === "carpark" ? "arm" : "door";
    const place = lane.arm_height >= 1 ? "up" : lane.arm_height <= 0 ? "down" : "moving";
    if (lane.stuck) { light(name, "refused", words.stuck); }
    else if (lane.strike_free && !lane.door_open) { light(name, "done", words["door-free"]); }
    else { light(name, place === "moving" ? "" : "done", words[`${kind}-${place}`]); }
  }
});

// --- the calendar and the books --------------------------------------------------------------------

draw("date", (state) => state.clock.date, (date) => {
  const field = one("#date");
  if (field !== document.activeElement) { field.value = date; }
});

draw("ahead", (state) => state.clock.days_ahead, (days) => {
  one("[data-ahead]").textContent = days ? say("ahead", { n: days > 0 ? `+${days}` : days }) : words.today;
});

function moneyLine(money) {
  if (money.away) { return [make("span", { className: "sign attention", textContent: `! ${words["money-away"]}` })]; }
  const trial = money.trial;
  const parts = ["settled", "returned", "held", "payable", "suspense", "credit"].map(
    (name) => `${words[name]} ${yuan(trial[`${name}_fen`])}`);
  const sign = trial.balanced ? ["done", "✓"] : ["refused", `✕ ${words.unbalanced}`];
  return [
    make("strong", { textContent: `${words["money-in"]} ${yuan(trial.money_in_fen)}` }),
    ` = ${parts.join(" + ")} `,
    make("span", { className: `sign ${sign[0]}`, textContent: sign[1] }),
  ];
}

draw("money", (state) => state.money, (money) => {
  one("[data-money]").replaceChildren(...moneyLine(money));
  const accounts = Object.entries(money.balances ?? {});
  one("[data-balances]").replaceChildren(...accounts.flatMap(([name, fen]) => [
    make("dt", { className: "mono", textContent: name }), make("dd", { textContent: yuan(fen) })]));
  if (!accounts.length) { one("[data-balances]").append(make("dt", { textContent: words["no-balances"] })); }
});

export const line = (...cells) => make("tr", {}, ...cells.map((cell) => make("td", { textContent: cell })));

draw("journal", (state) => state.journal, (journal) => {
  const rows = journal.map((each) =>
    line(`${each.date} ${each.time}`, each.station, each.operator, each.action, each.subject, each.detail));
  one("[data-journal]").replaceChildren(...(rows.length ? rows : [line(words["no-journal"])]));
});
