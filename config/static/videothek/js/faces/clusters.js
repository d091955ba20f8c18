// Unknown people by reach: named once, hidden, merged.
import { Cursor, Desk, Pages, clone, counted, listen, say, send } from "./desk.js";
import { asBody, askWho } from "./ask-who.js";

const root = document.querySelector("[data-clusters]");
const rows = root.querySelector("[data-rows]");
const loading = root.querySelector("[data-loading]");
const empty = root.querySelector("[data-empty]");
const mergeButton = root.querySelector("[data-do=merge]");
const may = (what) => what in root.dataset;
const isHidden = may("hidden");
const AHEAD = 12;

const pages = new Pages(root.dataset.address, { hidden: isHidden ? "true" : "" });
const desk = new Desk();
const cursor = new Cursor(rows);
const seen = new Set();
let isLoading = false;

function fillSix(box, faces) {
  for (const face of faces) {
    const image = document.createElement("img");
    Object.assign(image, { className: "f-round", src: face.crop, alt: "", width: 84, height: 84, loading: "lazy" });
    box.append(image);
  }
}

function draw(one) {
  const card = clone("f-cluster");
  card.one = one;
  const address = `${root.dataset.page}${one.id}/`;
  const link = card.querySelector("h2 a");
  link.textContent = one.name;
  link.href = address;
  const reach = `${counted(one.video_count, "video")} · ${counted(one.track_count, "appearance")}`;
  card.querySelector(".f-reach").textContent = reach;
  const six = card.querySelector(".f-six");
  six.href = address;
  six.setAttribute("aria-label", `All faces of ${one.name}`);
  fillSix(six, one.faces);
  card.querySelector(".f-pick span").textContent = `Choose ${one.name}`;
  card.setAttribute("aria-label", `${one.name}, ${reach}`);
  const hide = card.querySelector("[data-do=hide]");
  hide.textContent = isHidden ? "Show again" : "Hide";
  if (!may("mayAnswer")) card.querySelector("[data-do=name]").remove();
  if (!may("mayGroup")) {
    hide.remove();
    card.querySelector(".f-pick").remove();
  }
  return card;
}

function count() {
  const isOver = pages.isOver && !isLoading && !cursor.cards.length;
  empty.hidden = !isOver;
  root.querySelector("[data-keys]")?.toggleAttribute("hidden", isOver);
  const picked = chosen();
  for (const card of rows.children) card.classList.toggle("f-chosen", picked.includes(card));
  if (!mergeButton) return;
  mergeButton.disabled = picked.length < 2;
  mergeButton.querySelector("[data-picked]").textContent = picked.length > 1 ? picked.length : "";
}

async function load() {
  if (isLoading) return;
  isLoading = true;
  loading.hidden = false;
  try {
    const page = await pages.next();
    for (const one of page?.results ?? []) {
      if (seen.has(one.id)) continue;
      seen.add(one.id);
      rows.append(draw(one));
    }
  } catch (error) {
    say(error.message, { isBad: true });
  }
  isLoading = false;
  loading.hidden = true;
  rows.removeAttribute("aria-busy");
  count();
  cursor.begin();
  more();
}

function more() {
  if (isLoading || pages.isOver || pages.hasFailed) return;
  const cards = cursor.cards;
  const isNear = document.documentElement.scrollHeight - scrollY - innerHeight < innerHeight;
  if (cards.length - 1 - cards.indexOf(cursor.current) < AHEAD || isNear) load();
}

const chosen = () => cursor.cards.filter((card) => card.querySelector("input")?.checked);

/** Takes cards away at once, and gives them back when it is undone or fails. */
function away(cards, { words = "", request, after }) {
  const next = cursor.after(cards);
  const toggle = (isGone) => {
    for (const card of cards) {
      card.hidden = isGone;
      const box = card.querySelector("input");
      if (box) box.checked = false;
    }
    count();
  };
  toggle(true);
  if (next) cursor.go(next);
  desk.act({
    words,
    request,
    after,
    back: () => {
      toggle(false);
      cursor.go(cards[0]);
    },
    forget: () => cards.forEach((card) => card.remove()),
  });
  more();
}

async function name(card) {
  if (!card || !may("mayAnswer")) return;
  const { one } = card;
  const who = await askWho(`Who is ${one.name}?`);
  if (!who) {
    cursor.go(card);
    return;
  }
  away([card], {
    words: `${one.name} is ${who.label}: ${counted(one.video_count, "video")}`,
    request: () => send("POST", `${root.dataset.address}${one.id}/name/`, asBody(who)),
  });
}

function hide(card) {
  if (!card || !may("mayGroup")) return;
  const { one } = card;
  away([card], {
    words: isHidden ? `${one.name} is shown again` : `${one.name} is hidden`,
    request: () => send("POST", root.dataset.hide, { ids: [one.id], hidden: !isHidden }),
  });
}

function merge() {
  const cards = chosen();
  if (cards.length < 2 || !may("mayGroup")) {
    say("Choose two or more first, with X.");
    return;
  }
  const ids = cards.map((card) => card.one.id);
  const names = cards.map((card) => card.one.name);
  // The one that stays is known when it is done; until then the first stands for all.
  const gone = cards.slice(1);
  const [kept] = cards;
  const before = kept.one;
  cursor.go(kept);
  away(gone, {
    words: `${names.join(", ")} are one person`,
    request: () => send("POST", root.dataset.merge, { ids }),
    after: async (said) => {
      const fresh = await send("GET", `${root.dataset.address}${said.cluster}/`).catch(() => null);
      if (fresh) replace(kept, fresh);
    },
  });
  const entry = desk.done.at(-1);
  const { back } = entry;
  entry.back = () => {
    replace(kept, before);
    back();
  };
  kept.querySelector("input").checked = false;
  count();
}

function replace(card, one) {
  const fresh = draw(one);
  card.replaceChildren(...fresh.children);
  card.one = one;
  card.setAttribute("aria-label", fresh.getAttribute("aria-label"));
  count();
}

function choose(card) {
  const box = card?.querySelector("input");
  if (!box) return;
  box.checked = !box.checked;
  count();
}

rows.addEventListener("change", count);
rows.addEventListener("click", (event) => {
  const card = event.target.closest(".f-card");
  const what = event.target.closest("[data-do]")?.dataset.do;
  if (what === "name") void name(card);
  else if (what === "hide") hide(card);
  else if (card && !event.target.closest("a, label")) cursor.go(card);
});
mergeButton?.addEventListener("click", merge);

listen({
  ...cursor.keys,
  j: () => cursor.step(1),
  k: () => cursor.step(-1),
  n: () => void name(cursor.current),
  h: () => hide(cursor.current),
  x: () => choose(cursor.current),
  " ": () => choose(cursor.current),
  m: () => merge(),
  Enter: () => cursor.current?.querySelector("h2 a").click(),
  u: () => void desk.undo(),
});
rows.addEventListener("focusin", more);
addEventListener("scroll", more, { passive: true });

load();
