// The watch page: resuming, telling the server where the player is, keys, and saying whether the browser can play it.
const facts = JSON.parse(document.querySelector("#player-facts").textContent);
const player = document.querySelector("#player");
const controller = player.querySelector("media-controller");
const video = player.querySelector("video");
const SPEEDS = [0.5, 0.75, 1, 1.25, 1.5, 2];
const TELL_EVERY_SECONDS = 10;

// The browser's own controls stay where media-chrome could not load.
customElements.whenDefined("media-controller").then(() => video.removeAttribute("controls"));

function clock(seconds) {
  const whole = Math.floor(seconds);
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (n) => String(n).padStart(2, "0");
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

// ---- where the user is ----------------------------------------------------------------------------------------------
let told = null;
let isUsed = false;

function tell() {
  const position = video.currentTime;
  if (!isUsed || !Number.isFinite(position) || position === told) return;
  told = position;
  const body = new FormData(document.querySelector("#progress"));
  body.set("position", String(position));
  if (Number.isFinite(video.duration)) body.set("duration", String(video.duration));
  // keepalive lets it arrive when the page is being left.
  fetch(facts.progress, { method: "POST", body, keepalive: true, credentials: "same-origin" }).catch(() => {});
}

let seekTimer = 0;
video.addEventListener("play", () => {
  isUsed = true;
});
video.addEventListener("timeupdate", () => {
  if (!video.paused && Math.abs(video.currentTime - (told ?? facts.resumeAt)) >= TELL_EVERY_SECONDS) tell();
});
video.addEventListener("pause", tell);
video.addEventListener("ended", tell);
video.addEventListener("seeked", () => {
  clearTimeout(seekTimer);
  seekTimer = setTimeout(tell, 400);
});
window.addEventListener("pagehide", tell);
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "hidden") tell();
});

// ---- resuming -------------------------------------------------------------------------------------------------------
const resumed = document.querySelector("#resumed");
let resumedTimer = 0;

function offer(words, label, action) {
  const [text, button] = resumed.children;
  text.textContent = words;
  button.textContent = label;
  button.onclick = action;
  resumed.hidden = false;
  clearTimeout(resumedTimer);
  resumedTimer = setTimeout(() => {
    if (!resumed.contains(document.activeElement)) resumed.hidden = true;
  }, 12000);
}

// Whoever seeks elsewhere has no more use for the offer.
let isOurSeek = false;
video.addEventListener("seeking", () => {
  if (!isOurSeek) resumed.hidden = true;
  isOurSeek = false;
});

function goTo(seconds) {
  isUsed = true;
  isOurSeek = true;
  video.currentTime = seconds;
  video.play().catch(() => {});
}

function resume() {
  if (!facts.resumeAt || (Number.isFinite(video.duration) && facts.resumeAt >= video.duration)) return;
  isOurSeek = true;
  video.currentTime = facts.resumeAt;
  const at = clock(facts.resumeAt);
  const again = () =>
    offer("From the start", `Back to ${at}`, () => {
      goTo(facts.resumeAt);
      offer(`Resumed at ${at}`, "Start over", startOver);
    });
  const startOver = () => {
    goTo(0);
    again();
  };
  offer(`Resumed at ${at}`, "Start over", startOver);
}

// ---- the picture that is shown becomes the cover -----------------------------------------------------------------
const taker = document.querySelector("#cover-take");

async function takeCover() {
  const { address } = taker.dataset;
  const body = new FormData(document.querySelector("#progress"));
  body.set("do", "time");
  body.set("seconds", String(Math.round(video.currentTime * 1000) / 1000));
  taker.disabled = true;
  try {
    const answer = await fetch(address, { method: "POST", body, headers: { Accept: "application/json" } });
    const { said, problem } = await answer.json();
    offer(said || problem, "Cover …", () => location.assign(address));
  } catch {
    offer("The cover could not be asked for; try again.", "Again", takeCover);
  }
  taker.disabled = false;
}

if (taker) {
  taker.hidden = false;
  taker.addEventListener("click", takeCover);
}

if (video.readyState >= HTMLMediaElement.HAVE_METADATA) resume();
else video.addEventListener("loadedmetadata", resume, { once: true });

// ---- whether this browser can play it ----------------------------------------------------------------------------
const SOUND = {
  aac: ["audio/mp4", "mp4a.40.2"],
  ac3: ["audio/mp4", "ac-3"],
  eac3: ["audio/mp4", "ec-3"],
  dts: ["audio/mp4", "dtsc"],
  flac: ["audio/mp4", "flac"],
  alac: ["audio/mp4", "alac"],
  mp3: ["audio/mpeg", ""],
  mp2: ["audio/mpeg", "mp4a.69"],
  opus: ["audio/webm", "opus"],
  vorbis: ["audio/webm", "vorbis"],
  truehd: ["audio/mp4", "mlpa"],
};
const plays = document.querySelector("#plays");
const how = plays.querySelector(".how");

function hasSound() {
  const known = SOUND[facts.audioCodec];
  if (!known) return true;
  const [type, codec] = known;
  return video.canPlayType(codec ? `${type}; codecs="${codec}"` : type) !== "";
}

function canPlay() {
  const isPictureShown = video.videoWidth > 0;
  if (!isPictureShown && facts.videoCodec) {
    cannot();
  } else if (!hasSound()) {
    plays.dataset.state = "partly";
    how.textContent = `The picture plays, but this browser can't play ${facts.sound} sound`;
  } else {
    plays.dataset.state = "plays";
    how.textContent = "Plays directly, nothing is converted";
  }
}

async function cannot() {
  const box = document.querySelector("#cannot");
  const [title, words] = [box.querySelector("h2"), box.querySelector("p")];
  const answer = await fetch(video.currentSrc || video.src, { method: "HEAD", redirect: "manual" }).catch(() => null);
  if (!answer || answer.type === "opaqueredirect") {
    title.textContent = answer ? "You have been logged out" : "The library can't be reached";
    words.textContent = answer
      ? "Log in again, and the video goes on where you left it."
      : "Check the network, then reload this page. Your place in the video is kept.";
    box.querySelector(".btn").hidden = true;
  } else if (!answer.ok) {
    title.textContent = "The file can't be read right now";
    words.textContent = "Its disk may be disconnected. Connect it and reload this page; your place in the video is kept.";
    box.querySelector(".btn").hidden = true;
  } else {
    title.textContent = `This browser can't show ${facts.what}`;
    words.textContent =
      "The file itself is sent as it is. Download it and open it in a video player, or try this page in another browser.";
    controller.setAttribute("inert", "");
  }
  plays.dataset.state = "cannot";
  how.textContent = "Does not play in this browser";
  box.hidden = false;
}

if (video.error) cannot();
else if (video.readyState >= HTMLMediaElement.HAVE_METADATA) canPlay();
video.addEventListener("loadedmetadata", canPlay);
video.addEventListener("error", cannot);

// ---- keys ---------------------------------------------------------------------------------------------------------
const keymap = document.querySelector("#keymap");
const opener = document.querySelector("#keys-open");
const bubble = player.querySelector(".tell");
let bubbleTimer = 0;

opener.hidden = false;
opener.addEventListener("click", () => keymap.showModal());

function say(words) {
  bubble.textContent = words;
  bubble.hidden = false;
  clearTimeout(bubbleTimer);
  bubbleTimer = setTimeout(() => {
    bubble.hidden = true;
  }, 800);
}

function toggle() {
  if (video.paused) video.play().catch(() => {});
  else video.pause();
}

function seekTo(seconds) {
  const end = Number.isFinite(video.duration) ? video.duration : facts.duration || 0;
  isUsed = true;
  video.currentTime = Math.min(Math.max(seconds, 0), end);
  say(clock(video.currentTime));
}

function step(direction) {
  video.pause();
  seekTo(video.currentTime + direction / (facts.frameRate || 25));
}

function louder(by) {
  video.muted = false;
  video.volume = Math.min(Math.max(video.volume + by, 0), 1);
  say(`Volume ${Math.round(video.volume * 100)} %`);
}

function faster(by) {
  const index = SPEEDS.findIndex((speed) => speed >= video.playbackRate);
  video.playbackRate = SPEEDS[Math.min(Math.max(index + by, 0), SPEEDS.length - 1)];
  say(`${video.playbackRate}×`);
}

function fullScreen() {
  if (document.fullscreenElement) document.exitFullscreen();
  else if (controller.requestFullscreen) controller.requestFullscreen().catch(() => {});
  else video.webkitEnterFullscreen?.();
}

const KEYS = {
  " ": toggle,
  k: toggle,
  j: () => seekTo(video.currentTime - 10),
  l: () => seekTo(video.currentTime + 10),
  ArrowLeft: () => seekTo(video.currentTime - 5),
  ArrowRight: () => seekTo(video.currentTime + 5),
  ArrowUp: () => louder(0.1),
  ArrowDown: () => louder(-0.1),
  ",": () => step(-1),
  ".": () => step(1),
  "<": () => faster(-1),
  ">": () => faster(1),
  m: () => {
    video.muted = !video.muted;
    say(video.muted ? "Sound off" : "Sound on");
  },
  f: fullScreen,
  "?": () => keymap.showModal(),
};
for (let tenth = 0; tenth <= 9; tenth += 1) {
  KEYS[tenth] = () => seekTo(((Number.isFinite(video.duration) ? video.duration : facts.duration || 0) * tenth) / 10);
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  const path = event.composedPath();
  const has = (selector) => path.some((element) => element.matches?.(selector));
  if (keymap.open || has("input:not([type=range]), textarea, select, [contenteditable]")) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  // What has the focus keeps the keys that work it.
  if (key === " " && has("button, a, summary, [role=button], media-chrome-button, media-play-button")) return;
  if (key.startsWith("Arrow") && has("input[type=range], [role=slider]")) return;
  const isInPlayer = path.includes(player) || document.fullscreenElement;
  if ((key === "ArrowUp" || key === "ArrowDown") && !isInPlayer) return;
  if (!KEYS[key]) return;
  event.preventDefault();
  KEYS[key]();
});

// ---- chapters and what is remembered --------------------------------------------------------------------------------
for (const link of document.querySelectorAll("[data-seek]")) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    goTo(Number(link.dataset.seek));
    resumed.hidden = true;
    player.scrollIntoView({ block: "nearest" });
  });
}

const RATE = "videothek-rate";
try {
  video.playbackRate = Number(localStorage.getItem(RATE)) || 1;
  video.addEventListener("ratechange", () => localStorage.setItem(RATE, String(video.playbackRate)));
} catch {
  // Without storage the speed starts at 1.
}
