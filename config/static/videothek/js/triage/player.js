// Two players on top of each other: one shows, the other one has the first pictures of what comes next.
import { capabilities } from "../player/capabilities.js";
import { ask, make } from "./api.js";
import { facts } from "./common.js";

const HLS = "application/vnd.apple.mpegurl";
// Whoever goes by faster than this needs no conversion to be begun.
const PATIENCE_MS = 600;

export function makePlayer(root) {
  const note = root.querySelector("[data-note]");
  const [first, second] = root.querySelectorAll("video");
  const players = [first, second].map((element) => ({ element, id: null, hls: null, isAsked: false }));
  let shown = players[0];
  let timer = 0;

  function load(player, screen) {
    const { element } = player;
    drop(player);
    player.id = screen.id;
    player.screen = screen;
    player.isAsked = false;
    element.poster = screen.poster;
    if (screen.stream && screen.is_sure) element.src = `${screen.stream}#t=${screen.start_at}`;
  }

  function drop(player) {
    player.hls?.destroy();
    player.hls = null;
    player.id = null;
    if (player.element.getAttribute("src") !== null) {
      player.element.removeAttribute("src");
      player.element.load();
    }
  }

  function show(screen) {
    clearTimeout(timer);
    const ready = players.find((player) => player.id === screen.id);
    const next = ready ?? players.find((player) => player !== shown);
    if (!ready) load(next, screen);
    next.screen = screen;
    for (const player of players) {
      player.element.hidden = player !== next;
      player.element.preload = player === next ? "auto" : "metadata";
      if (player !== next) player.element.pause();
    }
    shown = next;
    tell(screen.problem);
    if (!screen.stream) return;
    if (screen.is_sure) play();
    else timer = setTimeout(() => askHow(next), PATIENCE_MS);
  }

  function tell(words) {
    note.hidden = !words;
    note.textContent = words;
  }

  function play() {
    shown.element.play().catch(() => {});
  }

  /** How this browser gets the video; for those that don't play as they are. */
  async function askHow(player) {
    const { screen } = player;
    if (player.isAsked || player.id !== screen.id) return;
    player.isAsked = true;
    let answer;
    try {
      const address = facts.api.playback.replace("{id}", screen.id);
      answer = await ask("POST", address, { capabilities: await capabilities() });
    } catch (error) {
      if (player === shown && player.id === screen.id) tell(screen.problem || "It can't be played here right now.");
      return;
    }
    if (player !== shown || player.id !== screen.id) return;
    if (!answer.url) return tell(answer.sentence || "This browser can't play it.");
    if (answer.mime !== HLS || player.element.canPlayType(HLS)) {
      player.element.src = `${answer.url}#t=${screen.start_at}`;
    } else if (await hasHls()) {
      player.hls = new window.Hls({ startPosition: screen.start_at, maxBufferLength: 15 });
      player.hls.loadSource(`${answer.url}?at=${Math.floor(screen.start_at)}`);
      player.hls.attachMedia(player.element);
    } else return tell("This browser can't play converted video.");
    play();
  }

  async function hasHls() {
    if (!window.Hls) {
      await new Promise((resolve) => {
        document.head.append(make("script", { src: facts.hls, onload: resolve, onerror: resolve }));
      });
    }
    return Boolean(window.Hls?.isSupported());
  }

  for (const player of players) {
    player.element.addEventListener("error", () => {
      if (player === shown && player.id !== null) askHow(player);
    });
    player.element.addEventListener("click", () => {
      if (player.element.paused) play();
      else player.element.pause();
    });
  }

  return {
    show,
    /** Loads what comes next into the player that isn't shown. */
    prepare(screen) {
      const other = players.find((player) => player !== shown);
      if (screen && other.id !== screen.id) load(other, screen);
    },
    seek(seconds) {
      shown.element.currentTime = seconds;
      play();
    },
    jump(by) {
      if (Number.isFinite(shown.element.duration)) shown.element.currentTime = Math.max(0, shown.element.currentTime + by);
    },
    toggle() {
      if (shown.element.paused) play();
      else shown.element.pause();
    },
    toggleSound() {
      const isMuted = !shown.element.muted;
      for (const { element } of players) element.muted = isMuted;
      return isMuted;
    },
    stop() {
      clearTimeout(timer);
      for (const player of players) drop(player);
    },
  };
}
