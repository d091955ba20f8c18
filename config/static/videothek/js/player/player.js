// The player that every part works with. Others reach it by document.querySelector("#player").player.
export const SPEEDS = [0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75, 2, 3];

export function clock(seconds) {
  const whole = Math.max(Math.floor(seconds), 0);
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (n) => String(n).padStart(2, "0");
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** An element with attributes ("class", "data-…", "onclick" as a function) and children (elements or words). */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

/** One of the sprite's drawings, from the sheet that the page's own icons come from. */
export function icon(name) {
  const sheet = document.querySelector("svg.icon use")?.getAttribute("href")?.split("#")[0] ?? "";
  const svg = document.createElementNS(SVG, "svg");
  const use = document.createElementNS(SVG, "use");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `${sheet}#${name}`);
  svg.append(use);
  return svg;
}

/** The page's token against forged requests. */
export function csrfToken() {
  return document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";
}

export function makePlayer(root) {
  const controller = root.querySelector("media-controller");
  const video = root.querySelector("video");
  const bubble = root.querySelector(".tell");
  const resumed = root.querySelector("#resumed");
  const facts = JSON.parse(document.querySelector("#player-facts").textContent);
  const ending = new AbortController();
  let bubbleTimer = 0;
  let offerTimer = 0;

  const player = {
    root,
    controller,
    video,
    facts,
    settings: { autoplay: false, loop: false, playlist_auto_advance: "countdown", playlist_countdown_seconds: 8,
      ab_loop_controls: true, ...facts.settings },
    // Whether somebody pressed play or went somewhere: before that nothing is told to the server.
    isUsed: false,
    // What the server last said about how this video plays; null until it has.
    answer: null,

    /** Listens until another video takes this one's place; like addEventListener. */
    listen(target, type, action, options = {}) {
      const wanted = typeof options === "boolean" ? { capture: options } : options;
      target.addEventListener(type, action, { ...wanted, signal: ending.signal });
    },

    /** Does something when another video takes this one's place. */
    atEnd(action) {
      ending.signal.addEventListener("abort", action, { once: true });
    },

    /** The end of this player object; whoever still holds it does nothing by it any more. */
    retire() {
      clearTimeout(bubbleTimer);
      clearTimeout(offerTimer);
      bubble.hidden = true;
      ending.abort();
      for (const name of Object.keys(player)) {
        if (typeof player[name] === "function") player[name] = () => {};
      }
    },

    /** The length in seconds: of what plays, else of the file; 0 when nobody knows. */
    get length() {
      return Number.isFinite(video.duration) && video.duration > 0 ? video.duration : facts.duration || 0;
    },

    /** Goes to a time and says so. */
    seek(seconds) {
      player.isUsed = true;
      player.place(Math.min(Math.max(seconds, 0), player.length || Infinity));
      player.say(clock(video.currentTime));
    },

    /** Goes to a time without a word. What can't seek yet does it when it can. */
    place(seconds) {
      if (video.readyState >= HTMLMediaElement.HAVE_METADATA) video.currentTime = seconds;
      else player.pendingPlace = seconds;
    },
    pendingPlace: null,

    /** Goes to a time and plays on from there. */
    goTo(seconds) {
      player.isUsed = true;
      player.loops?.clear();
      resumed.hidden = true;
      player.place(seconds);
      player.play();
    },

    play() {
      return video.play()?.catch(() => {});
    },

    toggle() {
      if (video.paused) player.play();
      else video.pause();
    },

    /** Words in a bubble over the picture, for a moment. */
    say(words) {
      bubble.textContent = words;
      bubble.hidden = false;
      clearTimeout(bubbleTimer);
      bubbleTimer = setTimeout(() => {
        bubble.hidden = true;
      }, 900);
    },

    /** Words with a button, until somebody seeks or twelve seconds have gone. */
    offer(words, label, action) {
      const [text, button] = resumed.children;
      text.textContent = words;
      button.textContent = label;
      button.onclick = action;
      resumed.hidden = false;
      clearTimeout(offerTimer);
      offerTimer = setTimeout(() => {
        if (!resumed.contains(document.activeElement)) resumed.hidden = true;
      }, 12000);
    },

    setSpeed(speed) {
      video.playbackRate = speed;
      player.say(`${speed}×`);
    },

    faster(by) {
      const now = SPEEDS.findIndex((speed) => speed >= video.playbackRate);
      player.setSpeed(SPEEDS[Math.min(Math.max((now < 0 ? SPEEDS.length - 1 : now) + by, 0), SPEEDS.length - 1)]);
    },

    louder(by) {
      video.muted = false;
      video.volume = Math.round(Math.min(Math.max(video.volume + by, 0), 1) * 100) / 100;
      player.say(`Volume ${Math.round(video.volume * 100)} %`);
    },

    mute() {
      video.muted = !video.muted;
      player.say(video.muted ? "Sound off" : "Sound on");
    },

    step(direction) {
      video.pause();
      player.seek(video.currentTime + direction / (facts.frameRate || 25));
    },

    fullScreen() {
      if (document.fullscreenElement) document.exitFullscreen();
      else if (root.requestFullscreen) root.requestFullscreen().catch(() => {});
      else video.webkitEnterFullscreen?.();
    },

    pictureInPicture() {
      if (document.pictureInPictureElement) document.exitPictureInPicture();
      else if (document.pictureInPictureEnabled) video.requestPictureInPicture?.().catch(() => {});
      else video.webkitSetPresentationMode?.("picture-in-picture");
    },

    theatre(isOn) {
      const page = document.querySelector("#wrap");
      const wanted = isOn ?? !page?.classList.contains("theatre");
      page?.classList.toggle("theatre", wanted);
      for (const button of root.querySelectorAll("[data-do=theatre]")) button.setAttribute("aria-pressed", wanted);
      player.remember?.("theatre", wanted);
    },

    /** Tells everybody who waits that the player is there. */
    announce() {
      document.dispatchEvent(new CustomEvent("videothek:player", { detail: player }));
    },
  };

  root.player = player;
  player.listen(video, "play", () => {
    player.isUsed = true;
  });
  player.listen(video, "loadedmetadata", () => {
    if (player.pendingPlace !== null) video.currentTime = player.pendingPlace;
    player.pendingPlace = null;
  });
  player.listen(video, "ended", () => document.dispatchEvent(new CustomEvent("videothek:ended", { detail: player })));
  player.listen(root, "click", (event) => {
    const button = event.target.closest?.("[data-do]");
    if (button) player.actions[button.dataset.do]?.();
  });
  player.actions = { theatre: () => player.theatre() };
  for (const button of root.querySelectorAll("[data-do=theatre]")) button.hidden = !document.querySelector("#wrap");
  // The browser's own controls stay where media-chrome could not load.
  customElements.whenDefined("media-controller").then(() => video.removeAttribute("controls"));
  return player;
}
