// All faces of one unknown person, by video: those that are somebody else are taken out; the rest gets its name.
import { Cursor, Desk, Pages, clock, clone, counted, listen, say, send, watchAddress } from "./desk.js";
import { asBody, askWho } from "./ask-who.js";

const root = document.querySelector("[data-cluster]");
const rows = root.querySelector("[data-rows]");
const loading = root.querySelector("[data-loading]");
const { dataset } = root;
const id = Number(dataset.cluster);
const may = (what) => what in dataset;
const splitButton = root.querySelector("[data-do=split]");

const pages = new Pages(dataset.faces);
const desk = new Desk();
const cursor = new Cursor(rows);
let isLoading = false;

function draw({ face, likeness, is_doubtful: isDoubtful }) {
  const card = clone("f-member");
  card.face = face;
  card.classList.toggle("f-doubtful", isDoubtful);
  card.querySelector("img").src = face.crop;
  const at = clock(Math.floor(face.seconds));
  card.querySelector("span").textContent = `${at} · ${likeness.toFixed(2)}`;
  const box = card.querySelector("input");
  box.setAttribute("aria-label", `${face.title} at ${at}${isDoubtful ? ", less like the others" : ""}`);
  if (!may("mayGroup")) box.remove();
  return card;
}

function stripOf(face) {
  const found = rows.querySelector(`[data-video="${face.video}"] .f-strip`);
  if (found) return found;
  const section = clone("f-video");
  section.dataset.video = face.video;
  const link = section.querySelector("a");
  link.textContent = link.title = face.title;
  link.href = watchAddress(face);
  rows.append(section);
  return section.querySelector(".f-strip");
}

function count() {
  for (const section of rows.children) section.hidden = !section.querySelector(".f-card:not([hidden])");
  if (!splitButton) return;
  const picked = chosen().length;
  splitButton.disabled = !picked;
  splitButton.querySelector("[data-picked]").textContent = picked || "";
}

async function load() {
  if (isLoading) return;
  isLoading = true;
  loading.hidden = false;
  try {
    const page = await pages.next();
    for (const member of page?.results ?? []) stripOf(member.face).append(draw(member));
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
  const isNear = document.documentElement.scrollHeight - scrollY - innerHeight < innerHeight;
  if (!isLoading && !pages.isOver && !pages.hasFailed && isNear) load();
}

const chosen = () => cursor.cards.filter((card) => card.querySelector("input")?.checked);

function split() {
  const cards = chosen();
  if (!cards.length || !may("mayGroup")) {
    say("Choose the faces first that are somebody else, with X.");
    return;
  }
  const next = cursor.after(cards);
  const toggle = (isGone) => {
    for (const card of cards) {
      card.hidden = isGone;
      card.querySelector("input").checked = !isGone;
    }
    count();
  };
  toggle(true);
  if (next) cursor.go(next);
  desk.act({
    words: `${counted(cards.length, "face")} taken out of ${dataset.title}`,
    request: () => send("POST", dataset.split, { tracks: cards.map((card) => card.face.track) }),
    back: () => {
      toggle(false);
      cursor.go(cards[0]);
    },
  });
}

/** What leaves nothing to be seen here: the page says so, with its undo, and the list is one key away. */
function leave(words, request) {
  rows.hidden = true;
  desk.act({
    words,
    request,
    back: () => {
      rows.hidden = false;
      cursor.first();
    },
  });
}

async function name() {
  if (!may("mayAnswer")) return;
  const who = await askWho(`Who is ${dataset.title}?`);
  if (who) leave(`${dataset.title} is ${who.label}`, () => send("POST", dataset.name, asBody(who)));
  else cursor.go(cursor.current);
}

function hide() {
  if (!may("mayGroup")) return;
  const isHidden = may("hidden");
  leave(`${dataset.title} is ${isHidden ? "shown again" : "hidden"}`, () =>
    send("POST", dataset.hide, { ids: [id], hidden: !isHidden }),
  );
}

/** A hint is answered: its line goes. */
function answerHint(button, words, request, isLeaving) {
  const line = button.closest("li");
  line.hidden = true;
  if (isLeaving) {
    leave(words, request);
    const entry = desk.done.at(-1);
    const { back } = entry;
    entry.back = () => {
      line.hidden = false;
      back();
    };
  } else desk.act({ words, request, back: () => (line.hidden = false) });
}

const actions = {
  name: () => void name(),
  split,
  hide,
  is: (button) => {
    const { person, label } = button.dataset;
    answerHint(button, `${dataset.title} is ${label}`, () => send("POST", dataset.name, { person }), true);
  },
  "is-not": (button) => {
    const { person, label } = button.dataset;
    const body = { cluster: id, person, answer: "no" };
    answerHint(button, `${dataset.title} is not ${label}`, () => send("POST", dataset.pairs, body), false);
  },
  join: (button) => {
    const { other, label } = button.dataset;
    const ids = [id, Number(other)];
    answerHint(button, `${dataset.title} and ${label} are one person`, () => send("POST", dataset.merge, { ids }), true);
  },
  differ: (button) => {
    const { other, label } = button.dataset;
    const body = { cluster: id, other: Number(other), answer: "no" };
    answerHint(button, `${dataset.title} and ${label} are two people`, () => send("POST", dataset.pairs, body), false);
  },
  "undo-batch": async (button) => {
    button.disabled = true;
    try {
      const said = await send("POST", `/api/v1/changes/${button.dataset.batch}/undo/`);
      say(said.detail);
      location.reload();
    } catch (error) {
      button.disabled = false;
      say(error.message, { isBad: true });
    }
  },
};

root.addEventListener("click", (event) => {
  const button = event.target.closest("[data-do]");
  if (button) actions[button.dataset.do]?.(button);
});
rows.addEventListener("change", count);

function choose() {
  const box = cursor.current?.querySelector("input");
  if (!box) return;
  box.checked = !box.checked;
  count();
}

listen({
  ...cursor.keys,
  j: () => cursor.step(1),
  k: () => cursor.step(-1),
  x: choose,
  s: split,
  n: () => void name(),
  h: hide,
  v: () => cursor.current && window.open(watchAddress(cursor.current.face), "_blank", "noopener"),
  u: () => void desk.undo(),
});
addEventListener("scroll", more, { passive: true });

load();
