// What comes after this video: the queue of this tab, then the list that the page shows; and when it begins.
import { icon, make } from "./player.js";

const QUEUE = "videothek-queue";
const CAME = "videothek-goes-on";
const MOST_QUEUED = 200;

function readQueue() {
  try {
    const list = JSON.parse(sessionStorage.getItem(QUEUE));
    return Array.isArray(list) ? list.filter((one) => Number.isInteger(one?.id) && typeof one.href === "string") : [];
  } catch {
    return [];
  }
}

export function setUpNext(player) {
  const { root, video, facts, settings } = player;
  const card = root.querySelector("#nextup");
  const section = document.querySelector("#queue");
  let queue = readQueue().filter((one) => one.id !== facts.videoId);
  let countdown = 0;

  // ---- what is next -------------------------------------------------------------------------------------------------
  /** A list entry on the page, wherever it stands: `<li data-video="ID">` with a link, a picture and a title. */
  function entryOf(line) {
    const link = line.querySelector("a[href]");
    return {
      id: Number(line.dataset.video),
      href: link.getAttribute("href"),
      title: line.querySelector("b")?.textContent.trim() ?? "",
      note: line.querySelector("small")?.textContent.trim() ?? "",
      picture: line.querySelector("img")?.getAttribute("src") ?? "",
    };
  }

  const listed = () => [...document.querySelectorAll(".next:not(.related) li[data-video]")].map(entryOf);
  const upcoming = () => queue[0] ?? listed().find((one) => one.id !== facts.videoId) ?? null;

  player.hasNext = () => Boolean(upcoming());
  player.next = () => {
    const entry = upcoming();
    if (!entry) return player.say("Nothing comes next");
    leave(entry);
  };

  let isLeaving = false;
  async function leave(entry) {
    if (isLeaving) return;
    isLeaving = true;
    hide();
    keep(queue.filter((one) => one.id !== entry.id));
    try {
      sessionStorage.setItem(CAME, String(entry.id));
    } catch {
      // Then the next page waits for a press.
    }
    if (!(await player.goOnHere?.(entry.href))) location.assign(entry.href);
  }

  /** Whether another video led here by itself or by "next": then this one begins by itself. */
  player.cameFromList = () => {
    try {
      const came = sessionStorage.getItem(CAME);
      sessionStorage.removeItem(CAME);
      return came === String(facts.videoId);
    } catch {
      return false;
    }
  };

  // ---- the queue ----------------------------------------------------------------------------------------------------
  function keep(list) {
    queue = list.slice(0, MOST_QUEUED);
    try {
      sessionStorage.setItem(QUEUE, JSON.stringify(queue));
    } catch {
      // It lasts as long as the page.
    }
    draw();
  }

  player.queue = {
    get list() {
      return [...queue];
    },
    /** Puts a video ({id, href, title, note, picture}) at the front (`isNext`) or the end. */
    add(entry, isNext) {
      const rest = queue.filter((one) => one.id !== entry.id);
      keep(isNext ? [entry, ...rest] : [...rest, entry]);
      player.say(isNext ? "Plays next" : "Plays later");
    },
  };

  function move(index, by) {
    const to = index + by;
    if (to < 0 || to >= queue.length) return;
    const list = [...queue];
    [list[index], list[to]] = [list[to], list[index]];
    keep(list);
    section.querySelectorAll("li")[to]?.querySelector(by < 0 ? ".up" : ".down")?.focus();
  }

  function draw() {
    for (const button of root.querySelectorAll("[data-do=next]")) button.hidden = !upcoming();
    if (!section) return;
    section.hidden = !queue.length;
    section.querySelector(".queued").replaceChildren(
      ...queue.map((entry, index) =>
        make(
          "li",
          {},
          make(
            "a",
            { href: entry.href, onclick: (event) => { if (!event.ctrlKey && !event.metaKey) { event.preventDefault(); leave(entry); } } },
            make("b", {}, entry.title),
            make("small", {}, entry.note),
          ),
          tool("up", "up", `Earlier: ${entry.title}`, () => move(index, -1), index === 0),
          tool("down", "down", `Later: ${entry.title}`, () => move(index, 1), index === queue.length - 1),
          tool("remove", "close", `Remove ${entry.title}`, () => keep(queue.filter((one) => one.id !== entry.id))),
        ),
      ),
    );
  }

  const tool = (name, drawing, label, onclick, isOff = false) =>
    make("button", { type: "button", class: `tool ${name}`, "aria-label": label, title: label, disabled: isOff, onclick }, icon(drawing));

  if (section) player.listen(section.querySelector("[data-queue-clear]"), "click", () => keep([]));

  /** Gives every entry of the page's lists its two buttons; call it again when a list arrives later. */
  player.offerQueueing = (scope = document) => {
    for (const line of scope.querySelectorAll("li[data-video]")) {
      if (line.querySelector(".queueing") || Number(line.dataset.video) === facts.videoId) continue;
      const entry = entryOf(line);
      line.append(
        make(
          "span",
          { class: "queueing" },
          make("button", { type: "button", class: "chip", title: `Play next: ${entry.title}`, onclick: () => player.queue.add(entry, true) }, "Next"),
          make("button", { type: "button", class: "chip", title: `Play later: ${entry.title}`, onclick: () => player.queue.add(entry, false) }, "Later"),
        ),
      );
    }
  };

  // ---- at the end ---------------------------------------------------------------------------------------------------
  const mode = () => settings.playlist_auto_advance;

  function ended() {
    const entry = upcoming();
    if (!entry || video.loop || player.loops.range || facts.clip) return;
    if (mode() === "instant") return leave(entry);
    const seconds = mode() === "manual" ? 0 : Math.max(settings.playlist_countdown_seconds ?? 8, 1);
    show(entry, seconds);
  }

  function show(entry, seconds) {
    let left = seconds;
    const words = make("p", { class: "in", role: "timer" });
    const tellLeft = () => {
      words.textContent = seconds ? `Up next in ${left} s` : "Up next";
    };
    const now = make("button", { type: "button", class: "btn primary", onclick: () => leave(entry) }, "Play now");
    card.replaceChildren(
      entry.picture ? make("img", { src: entry.picture, alt: "" }) : icon("film"),
      make("div", {}, words, make("b", {}, entry.title), make("small", {}, entry.note),
        make("div", { class: "actions" }, now, make("button", { type: "button", class: "btn", onclick: hide }, seconds ? "Not now" : "Close"))),
    );
    card.style.setProperty("--seconds", `${seconds}s`);
    card.classList.toggle("counts", seconds > 0);
    card.hidden = false;
    tellLeft();
    clearInterval(countdown);
    if (!seconds) return;
    countdown = setInterval(() => {
      left -= 1;
      tellLeft();
      if (left <= 0) {
        clearInterval(countdown);
        leave(entry);
      }
    }, 1000);
  }

  function hide() {
    clearInterval(countdown);
    card.hidden = true;
  }

  player.listen(video, "ended", ended);
  // Whoever goes back into the video doesn't want the next one yet.
  for (const event of ["seeking", "play"]) player.listen(video, event, hide);
  player.atEnd(hide);
  player.actions.next = player.next;
  player.offerQueueing();
  keep(queue);
}
