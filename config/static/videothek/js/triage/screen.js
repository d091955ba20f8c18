// One video at a time. Each key is an answer that waits in a line while the next video is shown at once.
import { ask, clock, make, makeLine, uuid } from "./api.js";
import { facts, help, isElsewhere, say, showHistory, tellWaiting, whereWords } from "./common.js";
import { makePick } from "./pick.js";
import { makePlayer } from "./player.js";

const AHEAD = 3;
const TILES = 24;
const KEEP_MS = 120_000;
const RATE_MS = 3000;
const JUMP_SECONDS = 10;

const page = document.querySelector("[data-triage]");
const part = (name) => page.querySelector(`[data-${name}]`);
const player = makePlayer(part("player"));
const line = makeLine(tellWaiting);
const pick = makePick(part("pick"), add);

let current = null;
let ahead = [...facts.screens];
let isEnd = facts.isEnd;
let progress = facts.progress;
// The video that is shown was looked up: the place in the queue stays where it is.
let isAside = false;
let isTouched = false;
let keys = 0;
let since = performance.now();
let rateUntil = 0;

// ---- showing --------------------------------------------------------------------------------------------------------
function show(screen, { aside = false } = {}) {
  current = screen;
  isAside = aside;
  isTouched = false;
  rateUntil = 0;
  since = performance.now();
  part("work").hidden = !screen;
  part("work").dataset.video = screen ? screen.id : "";
  part("end").hidden = Boolean(screen) || !isEnd;
  if (screen) {
    draw();
    player.show(screen);
    part("title").focus({ preventScroll: true });
  } else {
    player.stop();
    if (isEnd) tellEnd();
  }
  prepare();
}

function tellEnd() {
  const isEmpty = !progress.processed;
  part("end").querySelector("h2").textContent = isEmpty ? "Nothing is in this queue" : "That was the last one";
  part("end-words").textContent = isEmpty
    ? "Either all is done, or others are at what is left."
    : `${progress.processed.toLocaleString("en")} answered. What you skipped, and what others had before them, comes when you start again.`;
}

function draw() {
  part("title").textContent = current.title;
  drawPath();
  drawStrip();
  part("faces").replaceChildren(...current.faces.map(face));
  drawHas();
  drawChips();
  part("rate").querySelectorAll("[data-star]").forEach((star) => {
    star.classList.toggle("t-on", current.stars !== null && Number(star.dataset.star) <= current.stars + 0.5);
    star.setAttribute("aria-pressed", String(current.stars !== null && Number(star.dataset.star) === Math.round(current.stars)));
  });
  part("rate").querySelector("[data-do=favorite]").setAttribute("aria-pressed", String(current.is_favorite));
}

function drawPath() {
  const labels = current.suggestions.map((chip) => chip.label.toLowerCase());
  const names = [...current.people, ...current.studios, ...current.tags].map((one) => one.name.toLowerCase());
  const words = [...new Set([...labels, ...names])].filter((word) => word.length > 2).sort((a, b) => b.length - a.length);
  const steps = current.path.flatMap((step, index) => [index ? " / " : "", ...marked(step, words)]);
  part("path").replaceChildren(...steps, current.facts.length ? ` · ${current.facts.join(" · ")}` : "");
}

/** The text with the words in it that are names: "_" and "." count as spaces, as file names have them. */
function marked(text, words) {
  const plain = text.toLowerCase().replace(/[_.]/g, " ");
  for (const word of words) {
    const at = plain.indexOf(word);
    if (at >= 0 && plain.length === text.length) {
      const rest = words.filter((other) => other !== word);
      const end = at + word.length;
      return [...marked(text.slice(0, at), rest), make("mark", { textContent: text.slice(at, end) }), ...marked(text.slice(end), rest)];
    }
  }
  return text ? [text] : [];
}

function drawStrip() {
  const board = current.storyboard;
  const strip = part("strip");
  strip.hidden = !board;
  if (!board) return strip.replaceChildren();
  const shown = Math.min(TILES, board.count);
  const share = (place, all) => (all > 1 ? (100 * place) / (all - 1) : 0);
  strip.replaceChildren(
    ...Array.from({ length: shown }, (_, number) => {
      const index = Math.floor(((number + 0.5) * board.count) / shown);
      const seconds = index * board.interval;
      const tile = make("button", { type: "button", tabIndex: -1, ariaLabel: `Go to ${clock(seconds)}`, title: clock(seconds) });
      tile.style.backgroundImage = `url("${board.sprite}")`;
      tile.style.backgroundSize = `${100 * board.columns}% ${100 * board.rows}%`;
      tile.style.backgroundPosition = `${share(index % board.columns, board.columns)}% ${share(Math.floor(index / board.columns), board.rows)}%`;
      tile.style.aspectRatio = `${board.width} / ${board.height}`;
      tile.addEventListener("click", () => player.seek(seconds));
      return tile;
    }),
  );
}

function face(one) {
  const picture = make("img", { src: one.picture, alt: "", width: 36, height: 36, loading: "lazy" });
  picture.addEventListener("error", () => picture.classList.add("t-blank"));
  const button = make("button", { type: "button", tabIndex: -1, title: `First seen at ${clock(one.at)}` }, picture, make("span", { className: one.name ? "" : "v-muted", textContent: one.name || "unknown" }));
  button.addEventListener("click", () => player.seek(one.at));
  return make("li", {}, button);
}

const MODES = { people: "", studios: "", tags: "# " };

function drawHas() {
  const all = Object.keys(MODES).flatMap((kind) => current[kind].map((row) => ({ kind, row })));
  part("has").replaceChildren(
    ...all.map(({ kind, row }) => {
      const button = make("button", { type: "button", textContent: "×", ariaLabel: `Take ${row.name} off` });
      button.addEventListener("click", () => answer({ [kind]: { mode: "remove", ids: [idOf(kind, row.id)] } }));
      return make("span", { className: "v-chip" }, `${MODES[kind]}${row.name} `, button);
    }),
  );
  part("has").hidden = !all.length;
}

const idOf = (kind, id) => (kind === "tags" ? Number(id) : id);
const open = () => current.suggestions.filter((chip) => !chip.said);
const sure = () => open().filter((chip) => chip.is_sure);

function drawChips() {
  part("chips").replaceChildren(...current.suggestions.map(chipLine));
  const words = current.suggestions.length ? "" : "Nothing is suggested for this one.";
  part("none").hidden = !words;
  part("none").textContent = words;
  const count = sure().length;
  const first = part("accept");
  first.textContent = count ? (count === open().length ? (count === 1 ? "Accept" : "Accept all") : `Accept ${count} sure`) : isTouched ? "Go on" : "Accept";
  page.querySelector("[data-do=accept]").disabled = !count && !isTouched;
}

const KIND_WORDS = { creator: "Person", studio: "Studio", tag: "Tag", title: "Title", released: "Released", recorded: "Recorded" };
const VALUES = ["title", "released", "recorded"];

function chipWords(chip) {
  if (VALUES.includes(chip.kind)) return `${KIND_WORDS[chip.kind]}: ${chip.label}`;
  return chip.kind === "tag" ? `# ${chip.label}` : chip.label;
}

function chipLine(chip, index) {
  const percent = Math.round(100 * chip.confidence);
  const line = make("li", { className: chip.said ? `t-chip t-said-${chip.said}` : "t-chip" });
  const yes = make("button", { type: "button", tabIndex: -1, className: "t-yes", disabled: Boolean(chip.said) });
  if (chip.kind === "creator") {
    const picture = make("span", { className: "t-face" });
    if (chip.picture) {
      const image = make("img", { src: chip.picture, alt: "" });
      image.addEventListener("error", () => image.remove());
      picture.append(image);
    } else picture.append(chip.label.slice(0, 1).toUpperCase());
    yes.append(picture);
  }
  yes.append(
    make("span", { className: "t-words" }, make("b", { textContent: chipWords(chip) }), make("small", { textContent: chip.reason || KIND_WORDS[chip.kind] })),
    make("span", { className: "t-sure", title: `${percent} % sure` }, make("i", { className: chip.is_sure ? "" : "t-unsure", style: `width:${percent}%` })),
    make("span", { className: "v-hidden", textContent: `${percent} % sure` }),
  );
  if (index < 9) yes.append(make("kbd", { textContent: String(index + 1) }));
  yes.addEventListener("click", () => accept([chip]));
  const no = make("button", { type: "button", tabIndex: -1, className: "t-no", textContent: "×", ariaLabel: `Never ${chip.label} for this video`, disabled: Boolean(chip.said) });
  no.addEventListener("click", () => reject(chip));
  line.append(yes, no);
  return line;
}

function drawWhere() {
  part("where").textContent = whereWords(progress);
  part("bar").style.width = `${progress.total ? Math.min(100, (100 * progress.processed) / progress.total) : 0}%`;
}

/** The pictures of what comes next, and its first frames. */
function prepare() {
  const next = ahead[0];
  if (!next) return;
  player.prepare(next);
  for (const address of [next.poster, next.storyboard?.sprite, ...next.faces.map((one) => one.picture)]) {
    if (address) new Image().src = address;
  }
}

// ---- answering ------------------------------------------------------------------------------------------------------
function spent() {
  const now = performance.now();
  const told = { keys: Math.max(1, keys), seconds: (now - since) / 1000 };
  keys = 0;
  since = now;
  return told;
}

// Left behind on this page, while the library has not heard of it yet: they must not come again.
const leaving = new Set();
const held = () => [...[current, ...ahead].filter(Boolean).map((screen) => screen.id), ...leaving];

/** Sends an answer about the video that is shown; with `last` the next one is there before it has arrived. */
function answer(operation, { last = false, skipped = false, then = null } = {}) {
  if (!current) return;
  const screen = current;
  const told = { video: screen.id, key: uuid(), is_last: last, is_skipped: skipped, is_aside: isAside, ...spent() };
  if (operation) told.operation = operation;
  if (last) {
    leaving.add(screen.id);
    goOn();
  } else isTouched = isTouched || Boolean(operation);
  line.add(
    facts.api.answer,
    () => ({ ...told, held: held(), next: isEnd ? 0 : Math.max(0, AHEAD - ahead.length) }),
    (said) => {
      if (last) leaving.delete(screen.id);
      take(said);
      if (said.video && current?.id === said.video.id) refresh(said.video);
      if (said.batch) say(said.detail, true);
      then?.();
    },
    (error) => {
      leaving.delete(screen.id);
      say(error.message);
      then?.();
      if (!current && !line.length) askForMore();
      // The screen may show what did not happen.
      if (!last && current?.id === screen.id) reload(screen.id);
    },
  );
}

/** What came with an answer: further videos, and where one is. */
function take(said) {
  progress = said.progress;
  const known = new Set(held());
  ahead.push(...said.screens.filter((screen) => !known.has(screen.id)));
  if (said.is_end) isEnd = true;
  drawWhere();
  if (!current) {
    if (ahead.length) show(ahead.shift());
    else if (line.length) return;
    else if (isEnd) show(null);
    else askForMore();
  } else prepare();
}

function goOn() {
  const next = ahead.shift();
  if (next) return show(next);
  current = null;
  show(null);
  if (!isEnd) say("Loading the next one …");
}

function askForMore() {
  line.add(facts.api.next, () => ({ count: AHEAD, held: held() }), take, (error) => say(error.message));
}

/** The same video with what the library says of it now; what was said by keys meanwhile stays. */
function refresh(screen) {
  const before = new Map(current.suggestions.map((chip) => [chip.id, chip]));
  const now = new Set(screen.suggestions.map((chip) => chip.id));
  // Answered chips keep their places and numbers: a key that is pressed twice must not hit the next one.
  const kept = current.suggestions.map((chip) => screen.suggestions.find((one) => one.id === chip.id) ?? { ...chip, said: chip.said ?? "yes" });
  const fresh = screen.suggestions.filter((chip) => !before.has(chip.id));
  const suggestions = [...kept, ...fresh].map((chip) => ({ ...chip, said: now.has(chip.id) && !isWaiting(chip) ? "" : chip.said ?? before.get(chip.id)?.said }));
  current = { ...screen, suggestions };
  draw();
}

// Chips whose answers are still on their way.
const onTheWay = new Map();
const isWaiting = (chip) => onTheWay.has(chip.id);

async function reload(id) {
  try {
    const screen = await ask("POST", facts.api.open, { video: id });
    if (current?.id === id) {
      current = { ...current, ...screen };
      draw();
    }
  } catch (error) {
    say(error.message);
  }
}

function mark(chips, word) {
  for (const chip of chips) {
    chip.said = word;
    onTheWay.set(chip.id, word);
  }
  return () => chips.forEach((chip) => onTheWay.delete(chip.id));
}

function accept(chips) {
  const then = mark(chips, "yes");
  isTouched = true;
  drawChips();
  answer({ suggestions: { accept: chips.map((chip) => chip.id) } }, { then });
}

function reject(chip) {
  const then = mark([chip], "no");
  isTouched = true;
  drawChips();
  answer({ suggestions: { reject: [chip.id] } }, { then });
}

function acceptSure() {
  const chips = sure();
  if (chips.length) answer({ suggestions: { accept: chips.map((chip) => chip.id) } }, { last: true });
  else if (isTouched) next();
  else say(current.suggestions.length ? "Nothing here is sure. 1 to 9 accept one, N goes on." : "Nothing is suggested here. N goes on, T, C and S add something.");
}

function next() {
  answer(null, { last: true });
}

function skip() {
  answer(null, { last: true, skipped: true });
}

function add(kind, what, label) {
  const step = what.id === undefined ? { mode: "add", names: [what.name] } : { mode: "add", ids: [idOf(kind, what.id)] };
  answer({ [kind]: step });
  say(`Adding ${label} …`);
}

function rate(stars) {
  rateUntil = 0;
  current.stars = stars || null;
  draw();
  answer({ stars: stars || null });
}

function favorite() {
  current.is_favorite = !current.is_favorite;
  draw();
  answer({ favorite: current.is_favorite });
}

function trash() {
  if (!facts.mayTrash) return say("Your role may not put videos into the trash.");
  answer({ trash: true }, { last: true });
}

/** Takes the last answer back, or the one of that id, and shows what it was about. */
function undo(id = null) {
  const key = uuid();
  line.add(
    facts.api.undo,
    id === null ? { key } : { key, answer: id },
    (said) => {
      progress = said.progress;
      drawWhere();
      say([said.detail, ...said.conflicts].join(" "));
      if (!said.video) return;
      ahead = ahead.filter((screen) => screen.id !== said.video.id);
      if (current && current.id !== said.video.id && !isAside) ahead.unshift(current);
      show(said.video);
      isTouched = false;
    },
    (error) => say(error.message),
  );
}

async function reset() {
  try {
    await ask("POST", facts.api.reset, {});
    location.reload();
  } catch (error) {
    say(error.message);
  }
}

// ---- looking up -----------------------------------------------------------------------------------------------------
const search = part("search");
const searchField = search.querySelector("input");
let searchTimer = 0;
searchField.addEventListener("input", () => {
  clearTimeout(searchTimer);
  searchTimer = setTimeout(find, 150);
});
searchField.addEventListener("keydown", (event) => {
  if (event.key !== "Enter") return;
  event.preventDefault();
  search.querySelector("[data-found] button")?.click();
});

async function find() {
  const text = searchField.value.trim();
  const list = search.querySelector("[data-found]");
  if (!text) return list.replaceChildren();
  const rows = await ask("GET", `${facts.api.search}?q=${encodeURIComponent(text)}`).catch(() => []);
  if (searchField.value.trim() !== text) return;
  list.replaceChildren(
    ...rows.map((row) => {
      const button = make("button", { type: "button", className: "t-hit", textContent: row.title });
      button.addEventListener("click", () => lookUp(row.id));
      return make("li", {}, button);
    }),
  );
  if (!rows.length) list.replaceChildren(make("li", { className: "v-muted", textContent: "Nothing in this queue has these words." }));
}

async function lookUp(id) {
  search.close();
  if (current?.id === id) return;
  try {
    const screen = await ask("POST", facts.api.open, { video: id });
    ahead = ahead.filter((one) => one.id !== id);
    if (current && !isAside) ahead.unshift(current);
    show(screen, { aside: true });
  } catch (error) {
    say(error.message);
  }
}

// ---- keys and buttons -----------------------------------------------------------------------------------------------
const DOES = {
  accept: acceptSure,
  next,
  skip,
  undo: () => undo(),
  favorite,
  trash,
  reset,
  help: () => help.showModal(),
};
const NEEDS_NONE = new Set(["undo", "reset", "help"]);

page.addEventListener("click", (event) => {
  // What was pressed keeps no focus: the next key is an answer again.
  if (current && event.target.closest(".t-chips, .t-strip, .t-faces, .t-has, .t-rate")) part("title").focus({ preventScroll: true });
  const star = event.target.closest("[data-star]");
  const button = event.target.closest("[data-do]");
  if (star && current) rate(current.stars === Number(star.dataset.star) ? 0 : Number(star.dataset.star));
  else if (button && (current || NEEDS_NONE.has(button.dataset.do))) {
    DOES[button.dataset.do]();
    if (current) part("title").focus({ preventScroll: true });
  }
});

const KEYS = {
  Enter: acceptSure,
  n: next,
  " ": next,
  k: skip,
  f: favorite,
  x: trash,
  t: () => pick.open("tags"),
  c: () => pick.open("people"),
  s: () => pick.open("studios"),
  r: () => {
    rateUntil = performance.now() + RATE_MS;
    say("How many stars? 1 to 5, 0 for none.");
  },
  p: () => player.toggle(),
  m: () => say(player.toggleSound() ? "Sound off" : "Sound on"),
  ArrowLeft: () => player.jump(-JUMP_SECONDS),
  ArrowRight: () => player.jump(JUMP_SECONDS),
};
const ALWAYS = {
  u: () => undo(),
  z: () => undo(),
  h: () => showHistory(undo),
  "?": () => help.showModal(),
  "/": () => {
    search.showModal();
    searchField.select();
  },
};

document.addEventListener("keydown", (event) => {
  if (!["Shift", "Control", "Alt", "Meta", "CapsLock"].includes(event.key)) keys += 1;
  if (isElsewhere(event)) return;
  const digit = /^(Digit|Numpad)([0-9])$/.exec(event.code)?.[2];
  if (digit !== undefined && current) {
    event.preventDefault();
    if (event.repeat) return;
    if (performance.now() < rateUntil && !event.shiftKey) {
      if (Number(digit) <= 5) rate(Number(digit));
      return;
    }
    const chip = current.suggestions[Number(digit) - 1];
    if (chip && !chip.said) event.shiftKey ? reject(chip) : accept([chip]);
    return;
  }
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const does = ALWAYS[key] ?? (current ? KEYS[key] : undefined);
  if (!does) return;
  // A button or link that has the focus is pressed by Enter and Space as everywhere.
  if ((key === "Enter" || key === " ") && event.target.closest?.("a, button, summary")) return;
  event.preventDefault();
  if (event.repeat && !["ArrowLeft", "ArrowRight"].includes(key)) return;
  does();
});

// What is before one stays one's own while the page is looked at.
setInterval(() => {
  if (current && document.visibilityState === "visible" && !line.length) {
    line.add(facts.api.next, () => ({ count: 0, held: held() }), (said) => {
      progress = said.progress;
    });
  }
}, KEEP_MS);

drawWhere();
show(ahead.shift() ?? null);
page.dataset.ready = "";
