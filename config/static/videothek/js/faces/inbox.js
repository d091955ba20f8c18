// The inbox of faces: a grid by person that is answered with one key each.
import { Cursor, Desk, Pages, clock, clone, counted, drawFrame, listen, round, say, send, watchAddress } from "./desk.js";
import { asBody, askWho } from "./ask-who.js";

const root = document.querySelector("[data-inbox]");
const rows = root.querySelector("[data-rows]");
const loading = root.querySelector("[data-loading]");
const empty = root.querySelector("[data-empty]");
const total = root.querySelector("[data-total]");
const mayAnswer = "mayAnswer" in root.dataset;
// The next page is fetched when fewer than this are left behind the cursor.
const AHEAD = 36;

const wish = Object.fromEntries(new FormData(root.querySelector("form")));
const isByPerson = wish.sort === "person";
const pages = new Pages(root.dataset.address, wish);
const desk = new Desk();
const cursor = new Cursor(rows);
const seen = new Set();
const waiting = new Map();
let left = 0;
let isExact = true;
let isLoading = false;

const facts = (card) => card.question;
const cardsOf = (row) => [...row.querySelectorAll(".f-card")].filter((card) => !card.hidden);
// Whoever skipped a face doesn't mean it when the whole row is answered.
const isMeant = (card) => !card.classList.contains("f-skipped");

// ---- drawing --------------------------------------------------------------------------------------------------------
function rowFor(question) {
  const key = isByPerson ? question.person.id : "all";
  const found = rows.querySelector(`[data-key="${key}"]`);
  if (found) return found;
  const row = clone("f-row");
  row.dataset.key = key;
  const head = row.querySelector("header");
  if (isByPerson) {
    const link = row.querySelector("h2 a");
    link.textContent = question.person.name;
    link.href = question.person.page;
    row.person = question.person;
    round(row.querySelector("img"), question.person.face, question.person.initials);
    row.setAttribute("aria-label", question.person.name);
  } else head.hidden = true;
  if (!mayAnswer) row.querySelectorAll("header button").forEach((button) => button.remove());
  rows.append(row);
  return row;
}

function draw(question) {
  const { face, person } = question;
  const card = clone("f-card");
  card.question = question;
  const frame = card.querySelector(".f-frame");
  drawFrame(frame, face);
  frame.href = watchAddress(face);
  frame.setAttribute("aria-label", `Watch ${face.title} from ${clock(Math.floor(face.seconds))}`);
  round(card.querySelector(".f-asked"), face.crop);
  round(card.querySelector(".f-known"), person.face, person.initials);
  const likely = card.querySelector(".f-likely");
  likely.dataset.band = question.band.key;
  likely.children[0].textContent = isByPerson ? question.band.words : `${person.name}? ${question.band.words}`;
  likely.children[1].textContent = question.likeness.toFixed(2);
  const title = card.querySelector(".f-title");
  title.textContent = `${face.title} · ${clock(Math.floor(face.seconds))}`;
  title.title = face.title;
  card.setAttribute(
    "aria-label",
    `Is this ${person.name}? ${question.band.words}, ${question.likeness.toFixed(2)}. ${face.title} at ${clock(Math.floor(face.seconds))}`,
  );
  if (!mayAnswer) card.querySelector(".f-answers").remove();
  return card;
}

function count() {
  for (const row of rows.children) {
    const shown = cardsOf(row).length;
    row.hidden = !shown;
    if (!isByPerson || !shown) continue;
    const number = Math.max(shown, waiting.get(row.person.id) ?? 0);
    row.querySelector("h2 small").textContent = `${counted(number, "likely face")}`;
    const meant = cardsOf(row).filter(isMeant).length;
    for (const button of row.querySelectorAll("header button")) button.disabled = !meant;
    const yes = row.querySelector("[data-do=row-yes]");
    if (yes) yes.textContent = meant === 1 ? "Yes" : `Yes to ${number > meant ? `these ${meant}` : `all ${meant}`}`;
    const no = row.querySelector("[data-do=row-no]");
    if (no) no.textContent = meant === 1 ? "No" : "None of them";
  }
  const shown = cursor.cards.length;
  total.textContent = left || shown ? `${counted(Math.max(left, shown), "face")}${isExact ? "" : " or more"} to answer` : "";
  const isOver = pages.isOver && !isLoading && !shown;
  empty.hidden = !isOver;
  // Without a face and without a choice there is nothing to choose from.
  root.querySelector("form").hidden = isOver && !seen.size && !wish.person && !wish.least;
  root.querySelector("[data-keys]")?.toggleAttribute("hidden", isOver);
}

async function load() {
  if (isLoading) return;
  isLoading = true;
  loading.hidden = false;
  try {
    const page = await pages.next();
    if (page) {
      if (!seen.size) {
        left = page.total.number;
        isExact = page.total.is_exact;
      }
      for (const [id, number] of Object.entries(page.waiting)) if (!waiting.has(id)) waiting.set(id, number);
      for (const question of page.results) {
        // Somebody's faces may come twice while others answer.
        if (seen.has(question.id)) continue;
        seen.add(question.id);
        rowFor(question).querySelector(".f-grid").append(draw(question));
      }
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

/** Fetches the next page in good time: when the cursor or the window come near the end. */
function more() {
  if (isLoading || pages.isOver || pages.hasFailed) return;
  const cards = cursor.cards;
  const behind = cards.length - 1 - cards.indexOf(cursor.current);
  const isNear = document.documentElement.scrollHeight - scrollY - innerHeight < 2 * innerHeight;
  if (behind < AHEAD || isNear) load();
}

// ---- answering ------------------------------------------------------------------------------------------------------
const words = { yes: "Yes", no: "No" };

function sentence(cards, answer, who) {
  const people = new Set(cards.map((card) => facts(card).person.name));
  const name = people.size === 1 ? [...people][0] : counted(people.size, "person", "people");
  const what = cards.length === 1 ? `“${facts(cards[0]).face.title}”` : counted(cards.length, "face");
  if (answer === "other") return `${who.label}: ${what}`;
  return `${words[answer]}: ${what} ${answer === "yes" ? (cards.length === 1 ? "is" : "are") : cards.length === 1 ? "is not" : "are not"} ${name}`;
}

function answer(cards, kind, who = null) {
  if (!mayAnswer || !cards.length) return;
  const next = cursor.after(cards);
  const change = (by) => {
    left -= by * cards.length;
    for (const card of cards) {
      const { id } = facts(card).person;
      waiting.set(id, (waiting.get(id) ?? 0) - by);
      card.hidden = by > 0;
    }
    count();
  };
  change(1);
  if (next) cursor.go(next);
  const ids = cards.map((card) => facts(card).id);
  desk.act({
    words: sentence(cards, kind, who),
    request: () => send("POST", root.dataset.answers, { ids, answer: kind, ...(who && asBody(who)) }),
    back: () => {
      change(-1);
      cursor.go(cards[0]);
    },
    forget: () => cards.forEach((card) => card.remove()),
  });
  more();
}

function skip(card) {
  if (!card) return;
  const next = cursor.after([card]);
  card.classList.add("f-skipped");
  desk.act({
    words: "Skipped. It waits for the next time.",
    back: () => {
      card.classList.remove("f-skipped");
      count();
      cursor.go(card);
    },
  });
  count();
  const cards = cursor.cards;
  const following = cards[cards.indexOf(card) + 1] ?? next;
  if (following) cursor.go(following);
  more();
}

async function other(cards) {
  if (!mayAnswer || !cards.length) return;
  const back = cards[0];
  const who = await askWho(cards.length === 1 ? "Who is it?" : `Who are these ${cards.length}?`);
  if (who) answer(cards, "other", who);
  else cursor.go(back);
}

const current = () => (cursor.current ? [cursor.current] : []);
const rowOf = (card) => card?.closest(".f-row");
const wholeRow = () => (cursor.current ? cardsOf(rowOf(cursor.current)).filter(isMeant) : []);

function upToHere() {
  if (!cursor.current) return [];
  const cards = cardsOf(rowOf(cursor.current));
  return cards.slice(0, cards.indexOf(cursor.current) + 1).filter((card) => isMeant(card) || card === cursor.current);
}

rows.addEventListener("click", (event) => {
  const button = event.target.closest("[data-do]");
  if (!button) {
    const card = event.target.closest(".f-card");
    if (card && !event.target.closest("a")) cursor.go(card);
    return;
  }
  const card = button.closest(".f-card");
  const all = cardsOf(button.closest(".f-row")).filter(isMeant);
  const what = button.dataset.do;
  if (what === "row-yes") answer(all, "yes");
  else if (what === "row-no") answer(all, "no");
  else if (what === "other") other([card]);
  else if (what === "skip") skip(card);
  else answer([card], what);
});

listen({
  ...cursor.keys,
  j: () => cursor.step(1),
  k: () => cursor.step(-1),
  y: () => answer(current(), "yes"),
  n: () => answer(current(), "no"),
  o: () => void other(current()),
  s: () => skip(cursor.current),
  a: () => answer(upToHere(), "yes"),
  Y: () => answer(wholeRow(), "yes"),
  N: () => answer(wholeRow(), "no"),
  O: () => void other(wholeRow()),
  v: () => cursor.current?.querySelector(".f-frame").click(),
  u: () => void desk.undo(),
});
rows.addEventListener("focusin", more);
addEventListener("scroll", more, { passive: true });
root.querySelector("form").addEventListener("change", (event) => event.target.form.requestSubmit());

load();
