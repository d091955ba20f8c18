// What the pages of faces share: answers that show at once and are sent one after the other, each with its undo, and
// the keys and arrows over a field of cards.
import { send } from "../curate/api.js";

export { clock, send } from "../curate/api.js";

const LINE_SECONDS = 10;
// So many answers can be taken back with a key; older ones by the history of changes.
const MOST_KEPT = 200;

const line = document.querySelector("[data-said]");
const [lineText, lineButton] = line.children;
let timer = 0;

export const counted = (count, one, many = `${one}s`) => `${count.toLocaleString("en")} ${count === 1 ? one : many}`;

/** A line at the bottom of the page; `undo` shows its button, `isBad` marks what did not work. */
export function say(words, { undo = false, isBad = false } = {}) {
  lineText.textContent = words;
  lineButton.hidden = !undo;
  line.classList.toggle("f-bad", isBad);
  line.hidden = false;
  clearTimeout(timer);
  timer = setTimeout(() => {
    if (!line.matches(":hover") && !line.contains(document.activeElement)) line.hidden = true;
  }, LINE_SECONDS * 1000);
}

/** Answers in their order. Each shows its effect before it is sent; what fails is put back. */
export class Desk {
  constructor() {
    this.done = [];
    this.chain = Promise.resolve();
    this.waiting = 0;
    lineButton.addEventListener("click", () => this.undo());
    addEventListener("beforeunload", (event) => {
      if (this.waiting) event.preventDefault();
    });
  }

  /** `words` say it at once; `request` sends it and gives the answer; `back` puts the page back as it was; `forget` is
   * called once it can't be taken back by a key any more. */
  act({ words, request, back, after = () => {}, forget = () => {} }) {
    const entry = { words, back, forget, after, batch: null, isSent: false, isCancelled: false };
    this.done.push(entry);
    if (this.done.length > MOST_KEPT) this.done.shift().forget();
    if (words) say(words, { undo: true });
    if (!request) {
      entry.isSent = true;
      return Promise.resolve();
    }
    return this.#next(async () => {
      if (entry.isCancelled) return;
      entry.isSent = true;
      try {
        const said = await request();
        entry.batch = said.batch;
        if (said.gone?.length || !words) say(said.detail, { undo: Boolean(said.batch) });
        if (!said.batch) this.#drop(entry);
        after(said);
      } catch (error) {
        this.#drop(entry);
        back();
        say(error.message, { isBad: true });
      }
    });
  }

  /** Takes the last answer back, on the page at once. */
  undo() {
    const entry = this.done.pop();
    if (!entry) {
      say("There is nothing to take back on this page.");
      return Promise.resolve();
    }
    entry.back();
    say(entry.words ? `Taken back: ${entry.words}` : "Taken back.");
    if (!entry.isSent) {
      entry.isCancelled = true;
      return Promise.resolve();
    }
    return this.#next(async () => {
      if (!entry.batch) return;
      try {
        const said = await send("POST", `/api/v1/changes/${entry.batch}/undo/`);
        if (said.conflict_count) say(said.detail, { isBad: true });
        entry.undone?.(said);
      } catch (error) {
        say(error.message, { isBad: true });
      }
    });
  }

  #drop(entry) {
    const at = this.done.indexOf(entry);
    if (at >= 0) this.done.splice(at, 1);
  }

  #next(work) {
    this.waiting += 1;
    line.dataset.sending = this.waiting;
    this.chain = this.chain.then(work).finally(() => {
      this.waiting -= 1;
      line.dataset.sending = this.waiting || "";
    });
    return this.chain;
  }
}

/** Calls `keys[name]` for what is pressed outside of fields: "y", "Y" (with shift), "ArrowLeft", "Enter"; "undo". */
export function listen(keys) {
  document.addEventListener("keydown", (event) => {
    const isUndo = (event.ctrlKey || event.metaKey) && !event.shiftKey && event.key.toLowerCase() === "z";
    if (event.target.closest?.("dialog, input:not([type=checkbox]), textarea, select, [contenteditable]")) return;
    if (event.altKey || ((event.ctrlKey || event.metaKey) && !isUndo)) return;
    const name = isUndo ? "u" : event.key;
    const call = keys[name];
    if (!call) return;
    // A button or link that has the focus is pressed by Enter and space itself.
    if ((name === "Enter" || name === " ") && event.target.closest?.("button, a, summary, label")) return;
    if (call(event) !== false) event.preventDefault();
  });
}

/** Moves among cards by arrows: one of them is in the order of Tab, the one that has or had the focus. */
export class Cursor {
  constructor(root, selector = ".f-card") {
    this.root = root;
    this.selector = selector;
    this.at = null;
    root.addEventListener("focusin", (event) => {
      const card = event.target.closest(selector);
      if (card) this.#mark(card);
    });
  }

  get cards() {
    return [...this.root.querySelectorAll(this.selector)].filter((card) => !card.hidden && !card.closest("[hidden]"));
  }

  get current() {
    return this.at?.isConnected && !this.at.hidden ? this.at : null;
  }

  #mark(card) {
    if (this.at) this.at.tabIndex = -1;
    this.at = card;
    card.tabIndex = 0;
  }

  go(card) {
    if (!card) return;
    this.#mark(card);
    card.focus({ preventScroll: true });
    card.scrollIntoView({ block: "nearest" });
  }

  first() {
    this.go(this.cards[0]);
  }

  /** The first card has the focus once it is there, unless somebody is elsewhere already, or has no keys. */
  begin() {
    if (this.current || document.activeElement !== document.body || matchMedia("(pointer: coarse)").matches) return;
    this.first();
  }

  /** The card that takes the focus when `gone` are answered: the next after the last of them, else the one before. */
  after(gone) {
    const all = [...this.root.querySelectorAll(this.selector)];
    const isLeft = (card) => !card.hidden && !gone.includes(card);
    const last = Math.max(...gone.map((card) => all.indexOf(card)));
    return all.slice(last + 1).find(isLeft) ?? all.slice(0, last).reverse().find(isLeft) ?? null;
  }

  step(by) {
    const cards = this.cards;
    const at = cards.indexOf(this.current);
    this.go(at < 0 ? cards[0] : cards[Math.min(cards.length - 1, Math.max(0, at + by))]);
  }

  /** To the card above or below: the nearest of the next line. */
  line(by) {
    if (!this.current) {
      this.first();
      return;
    }
    const from = this.current.getBoundingClientRect();
    const middle = from.left + from.width / 2;
    let best = null;
    for (const card of this.cards) {
      const box = card.getBoundingClientRect();
      const away = by > 0 ? box.top - from.top : from.top - box.top;
      if (away < 4) continue;
      const score = [Math.round(away / 8), Math.abs(box.left + box.width / 2 - middle)];
      if (!best || score[0] < best.score[0] || (score[0] === best.score[0] && score[1] < best.score[1])) best = { card, score };
    }
    this.go(best?.card);
  }

  get keys() {
    return {
      ArrowRight: () => this.step(1),
      ArrowLeft: () => this.step(-1),
      ArrowDown: () => this.line(1),
      ArrowUp: () => this.line(-1),
      Home: () => this.first(),
      End: () => this.go(this.cards.at(-1)),
    };
  }
}

/** Pages of an address, the next one fetched before it is wanted. */
export class Pages {
  constructor(address, params = {}) {
    this.address = address;
    this.params = params;
    this.cursor = "";
    this.isOver = false;
    // What failed once isn't asked again by itself.
    this.hasFailed = false;
    this.ahead = null;
  }

  #fetch() {
    const address = new URL(this.address, location.href);
    for (const [name, value] of Object.entries({ ...this.params, cursor: this.cursor })) {
      if (value) address.searchParams.set(name, value);
    }
    return send("GET", address).then((page) => {
      this.cursor = page.next_cursor;
      this.isOver = !page.next_cursor;
      return page;
    });
  }

  /** The next page; null behind the last. */
  next() {
    if (this.ahead) return this.ahead;
    if (this.isOver) return Promise.resolve(null);
    this.ahead = this.#fetch()
      .catch((error) => {
        this.hasFailed = true;
        throw error;
      })
      .finally(() => {
        this.ahead = null;
      });
    return this.ahead;
  }
}

export function clone(id) {
  return document.querySelector(`#${id}`).content.firstElementChild.cloneNode(true);
}

/** A round picture; where there is none, the first letters of the name. */
export function round(image, address, initials = "") {
  if (address) {
    image.src = address;
    return image;
  }
  const stand = document.createElement("span");
  stand.className = `${image.className} f-initials`;
  stand.style.cssText = `width:${image.width}px;height:${image.height}px`;
  stand.textContent = initials;
  stand.setAttribute("aria-hidden", "true");
  image.replaceWith(stand);
  return stand;
}

/** A moment of a video: the tile of its storyboard with the face's box drawn over it. */
export function drawFrame(root, face) {
  const [tile, box] = [root.querySelector("i"), root.querySelector("b")];
  const { frame } = face;
  root.classList.toggle("f-none", !frame);
  if (frame) {
    const share = (place, all) => (all > 1 ? (100 * place) / (all - 1) : 0);
    root.style.setProperty("--ratio", frame.ratio);
    root.classList.toggle("f-wide", frame.ratio > 16 / 9);
    tile.style.backgroundImage = `url("${frame.sprite}")`;
    tile.style.backgroundSize = `${100 * frame.columns}% ${100 * frame.rows}%`;
    tile.style.backgroundPosition = `${share(frame.index % frame.columns, frame.columns)}% ${share(Math.floor(frame.index / frame.columns), frame.rows)}%`;
  }
  box.hidden = !face.box || !frame;
  if (face.box) {
    const [left, top, width, height] = face.box.map((value) => `${100 * value}%`);
    Object.assign(box.style, { left, top, width, height });
  }
}

export const watchAddress = (face) => `/videos/${face.video}/?t=${face.seconds.toFixed(1)}`;
