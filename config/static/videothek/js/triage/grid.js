// Many videos at once: choose by keys, by mouse or by dragging a frame around them, and answer for all.
import { ask, make, makeLine, uuid } from "./api.js";
import { facts, help, isElsewhere, say, showHistory, tellWaiting } from "./common.js";
import { makePick } from "./pick.js";

const ASK_EVERY_MS = 1500;
const RATE_MS = 3000;
const DRAG_PX = 6;

const page = document.querySelector("[data-triage-grid]");
const part = (name) => page.querySelector(`[data-${name}]`);
const grid = part("grid");
const line = makeLine(tellWaiting);
const pick = makePick(part("pick"), add);
const more = page.querySelector("[data-do=more]");

let videos = new Map();
let after = 0;
let isLoading = 0;
let focused = null;
// Where a range that is chosen with Shift begins.
let anchor = null;
let keys = 0;
let since = performance.now();
let rateUntil = 0;
const chosen = new Set();

// ---- loading and drawing --------------------------------------------------------------------------------------------
async function load({ isMore = false } = {}) {
  const mine = (isLoading += 1);
  grid.setAttribute("aria-busy", "true");
  let said;
  try {
    const body = { after: isMore ? after : 0, group: part("group").value, q: part("filter").value.trim() };
    said = await ask("POST", facts.api.grid, body);
  } catch (error) {
    grid.setAttribute("aria-busy", "false");
    return say(error.message === "busy" ? "The library is busy; try again." : error.message);
  }
  if (mine !== isLoading) return;
  if (!isMore) {
    videos = new Map();
    grid.replaceChildren();
  }
  after = said.after;
  said.videos.forEach((video) => videos.set(video.id, video));
  for (const id of chosen) if (!videos.has(id)) chosen.delete(id);
  grid.append(...said.groups.filter((group) => group.videos.length).map(section));
  grid.setAttribute("aria-busy", "false");
  more.hidden = after === null;
  part("end").hidden = videos.size > 0;
  grid.hidden = !videos.size;
  if (focused === null || !videos.has(focused)) focused = tiles()[0] ? idOf(tiles()[0]) : null;
  tell();
}

function section(group) {
  const whole = make("button", { type: "button", className: "v-button", textContent: `All ${group.videos.length}` });
  const box = make("section", { className: "t-group" });
  whole.addEventListener("click", () => chooseAll(group.videos));
  if (group.label) box.append(make("header", {}, make("h2", { textContent: group.label }), make("small", { textContent: `${group.videos.length}` }), whole));
  box.append(make("div", { className: "t-tiles", role: "listbox", ariaLabel: group.label || "Videos", ariaMultiSelectable: "true" }, ...group.videos.map((id) => tile(videos.get(id)))));
  return box;
}

function tile(video) {
  const picture = make("span", { className: "t-picture" });
  if (video.still) picture.append(make("img", { src: video.still, alt: "", loading: "lazy", draggable: false }));
  else picture.append(make("span", { className: "v-muted", textContent: "No picture" }));
  if (video.facts.length) picture.append(make("small", { textContent: video.facts[0] }));
  const names = [...video.people, ...video.studios].map((one) => one.name).concat(video.tags.map((one) => `# ${one.name}`));
  const best = video.suggestions[0];
  const line = names.length ? names.join(", ") : best ? `${best.label}? ${Math.round(100 * best.confidence)} %` : video.path.at(-1);
  const element = make("div", { role: "option", className: "t-tile", tabIndex: -1, title: video.path.join(" / ") }, picture, make("b", { textContent: video.title }), make("small", { className: names.length ? "" : "v-muted", textContent: line }));
  element.dataset.id = video.id;
  element.setAttribute("aria-selected", String(chosen.has(video.id)));
  return element;
}

const tiles = () => [...grid.querySelectorAll(".t-tile")];
const idOf = (element) => Number(element.dataset.id);
const tileOf = (id) => grid.querySelector(`[data-id="${id}"]`);

function tell() {
  for (const element of tiles()) {
    const id = idOf(element);
    element.setAttribute("aria-selected", String(chosen.has(id)));
    element.tabIndex = id === focused ? 0 : -1;
  }
  const count = chosen.size;
  part("chosen").textContent = count ? `${count.toLocaleString("en")} chosen` : "Nothing chosen";
  part("actions").classList.toggle("t-some", count > 0);
}

function focus(id, { isQuiet = false } = {}) {
  focused = id;
  tell();
  const element = tileOf(id);
  element?.focus({ preventScroll: true });
  if (!isQuiet) element?.scrollIntoView({ block: "nearest" });
}

// ---- choosing -------------------------------------------------------------------------------------------------------
function toggle(id) {
  if (chosen.has(id)) chosen.delete(id);
  else chosen.add(id);
  anchor = id;
  tell();
}

/** From where the range began to here. */
function chooseTo(id) {
  const order = tiles().map(idOf);
  const [from, to] = [order.indexOf(anchor ?? focused), order.indexOf(id)].sort((a, b) => a - b);
  if (from < 0) return toggle(id);
  order.slice(from, to + 1).forEach((one) => chosen.add(one));
  tell();
}

/** All of them; none where all are chosen already. */
function chooseAll(ids) {
  const areAll = ids.every((id) => chosen.has(id));
  ids.forEach((id) => (areAll ? chosen.delete(id) : chosen.add(id)));
  tell();
}

grid.addEventListener("click", (event) => {
  const element = event.target.closest(".t-tile");
  if (!element || wasDragged) return;
  const id = idOf(element);
  if (event.shiftKey) chooseTo(id);
  else toggle(id);
  focus(id, { isQuiet: true });
});
grid.addEventListener("dblclick", (event) => {
  const element = event.target.closest(".t-tile");
  if (element) open(videos.get(idOf(element)).page, "_blank");
});

// A frame that is dragged open chooses what it touches.
let wasDragged = false;
grid.addEventListener("pointerdown", (event) => {
  wasDragged = false;
  if (event.button !== 0 || event.pointerType === "touch" || event.target.closest("button, header")) return;
  const from = { x: event.pageX, y: event.pageY };
  const before = new Set(chosen);
  let frame = null;

  function move(now) {
    if (!frame && Math.hypot(now.pageX - from.x, now.pageY - from.y) < DRAG_PX) return;
    if (!frame) {
      frame = make("div", { className: "t-lasso" });
      document.body.append(frame);
      grid.setPointerCapture(event.pointerId);
    }
    wasDragged = true;
    const [left, right] = [from.x, now.pageX].sort((a, b) => a - b);
    const [top, bottom] = [from.y, now.pageY].sort((a, b) => a - b);
    Object.assign(frame.style, { left: `${left}px`, top: `${top}px`, width: `${right - left}px`, height: `${bottom - top}px` });
    chosen.clear();
    if (event.shiftKey || event.ctrlKey) before.forEach((id) => chosen.add(id));
    for (const element of tiles()) {
      const box = element.getBoundingClientRect();
      const [x, y] = [box.left + scrollX, box.top + scrollY];
      if (x < right && x + box.width > left && y < bottom && y + box.height > top) chosen.add(idOf(element));
    }
    tell();
  }
  function end() {
    frame?.remove();
    grid.removeEventListener("pointermove", move);
    grid.removeEventListener("pointerup", end);
    grid.removeEventListener("pointercancel", end);
    // The click that follows belongs to the frame.
    setTimeout(() => {
      wasDragged = false;
    }, 0);
  }
  grid.addEventListener("pointermove", move);
  grid.addEventListener("pointerup", end);
  grid.addEventListener("pointercancel", end);
});

// ---- answering ------------------------------------------------------------------------------------------------------
function answer(operation) {
  const ids = [...chosen];
  if (!ids.length) return say("Choose videos first: Space or a press, Shift for a range, G for the group, A for all.");
  const now = performance.now();
  const told = { videos: ids, key: uuid(), operation, keys: Math.max(1, keys), seconds: Math.min(120, (now - since) / 1000) };
  keys = 0;
  since = now;
  page.setAttribute("aria-busy", "true");
  line.add(
    facts.api.many,
    told,
    (said) => {
      page.removeAttribute("aria-busy");
      if (said.edit) return follow(said.edit);
      say(said.detail, Boolean(said.batch));
      chosen.clear();
      renew();
    },
    (error) => {
      page.removeAttribute("aria-busy");
      say(error.message);
    },
  );
}

/** A job does it: says how far it is until it is done. */
async function follow(edit) {
  const said = await ask("GET", facts.api.edit.replace("{id}", edit)).catch(() => null);
  if (said && said.state !== "waiting") {
    say(said.state === "done" ? `Done: ${said.changed_count.toLocaleString("en")} videos changed.` : said.error || "The edit was not made.", said.state === "done");
    chosen.clear();
    return renew();
  }
  say(said?.progress_total ? `Working: ${said.progress_done.toLocaleString("en")} of ${said.progress_total.toLocaleString("en")}` : "Waiting for a worker …");
  setTimeout(() => follow(edit), ASK_EVERY_MS);
}

function renew() {
  since = performance.now();
  load();
}

function add(kind, what, label) {
  const ids = what.id === undefined ? { names: [what.name] } : { ids: [kind === "tags" ? Number(what.id) : what.id] };
  answer({ [kind]: { mode: "add", ...ids } });
  if (chosen.size) say(`Adding ${label} to ${chosen.size} …`);
  pick.leave();
}

function undo(id = null) {
  const key = uuid();
  line.add(
    facts.api.undo,
    id === null ? { key } : { key, answer: id },
    (said) => {
      say([said.detail, ...said.conflicts].join(" "));
      renew();
    },
    (error) => say(error.message),
  );
}

const rate = (stars) => {
  rateUntil = 0;
  answer({ stars: stars || null });
};

const DOES = {
  accept: () => answer({ suggestions: { accept_sure: true } }),
  favorite: () => answer({ favorite: true }),
  trash: () => (facts.mayTrash ? answer({ trash: true }) : say("Your role may not put videos into the trash.")),
  undo: () => undo(),
  help: () => help.showModal(),
  more: () => load({ isMore: true }),
};

page.addEventListener("click", (event) => {
  const button = event.target.closest("[data-do]");
  if (button) DOES[button.dataset.do]();
});
part("stars").addEventListener("change", (event) => {
  if (event.target.value) rate(Number(event.target.value));
  event.target.value = "";
});
part("group").addEventListener("change", () => load());
let timer = 0;
part("filter").addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(load, 250);
});

// ---- keys -----------------------------------------------------------------------------------------------------------
function go(key, isChoosing) {
  const all = tiles();
  const at = all.findIndex((element) => idOf(element) === focused);
  if (at < 0) return all[0] && focus(idOf(all[0]));
  let to = at;
  if (key === "ArrowRight") to = Math.min(at + 1, all.length - 1);
  else if (key === "ArrowLeft") to = Math.max(at - 1, 0);
  else {
    // The nearest one in the next row, whichever group that is in.
    const box = all[at].getBoundingClientRect();
    const isDown = key === "ArrowDown";
    const others = all
      .map((element, index) => ({ index, box: element.getBoundingClientRect() }))
      .filter((one) => (isDown ? one.box.top > box.top + 4 : one.box.top < box.top - 4));
    others.sort((one, other) => Math.abs(one.box.top - box.top) - Math.abs(other.box.top - box.top) || Math.abs(one.box.left - box.left) - Math.abs(other.box.left - box.left));
    if (others.length) to = others[0].index;
  }
  if (isChoosing && anchor === null) anchor = focused;
  focus(idOf(all[to]));
  if (isChoosing) chooseTo(focused);
}

const KEYS = {
  " ": () => focused !== null && toggle(focused),
  Enter: DOES.accept,
  a: () => chooseAll([...videos.keys()]),
  g: () => {
    const group = tileOf(focused)?.closest(".t-group");
    if (group) chooseAll([...group.querySelectorAll(".t-tile")].map(idOf));
  },
  Escape: () => {
    chosen.clear();
    anchor = null;
    tell();
  },
  t: () => pick.open("tags"),
  c: () => pick.open("people"),
  s: () => pick.open("studios"),
  r: () => {
    rateUntil = performance.now() + RATE_MS;
    say("How many stars? 1 to 5, 0 for none.");
  },
  f: DOES.favorite,
  x: DOES.trash,
  u: DOES.undo,
  z: DOES.undo,
  h: () => showHistory(undo),
  "?": DOES.help,
  "/": () => part("filter").focus(),
};

part("filter").addEventListener("keydown", (event) => {
  if (event.key === "Escape") event.target.blur();
});

document.addEventListener("keydown", (event) => {
  if (!["Shift", "Control", "Alt", "Meta", "CapsLock"].includes(event.key)) keys += 1;
  if (isElsewhere(event)) return;
  if (event.key.startsWith("Arrow")) {
    event.preventDefault();
    return go(event.key, event.shiftKey);
  }
  const digit = /^(Digit|Numpad)([0-5])$/.exec(event.code)?.[2];
  if (digit !== undefined && performance.now() < rateUntil) {
    event.preventDefault();
    return rate(Number(digit));
  }
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const does = KEYS[key];
  if (!does || event.repeat) return;
  if ((key === "Enter" || key === " ") && event.target.closest?.("a, button, summary")) return;
  event.preventDefault();
  does();
});

await load();
page.dataset.ready = "";
