// Tells the server where the player is and how much was really watched, so that a lost message loses ten seconds at most.
import { csrfToken } from "./player.js";

const EVERY_MS = 10_000;
const LONGEST_STEP_SECONDS = 2;

/** crypto.randomUUID is missing on plain http. */
export function makeUuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

export function setUpTelling(player) {
  const { video, facts } = player;
  const { sessions } = facts.urls;
  // A shared page remembers nobody's place.
  if (!sessions) return;
  const session = makeUuid();
  let watched = 0;
  let before = null;
  let told = "";
  let toldAt = 0;
  let isWaiting = false;
  let timer = 0;
  let sequence = 0;

  // Steps of the play head as it plays and is looked at; jumps and what a sleeping tab skipped don't count.
  player.listen(video, "timeupdate", () => {
    const now = video.currentTime;
    const step = before === null ? 0 : now - before;
    before = now;
    if (video.paused || video.seeking || document.visibilityState !== "visible") {
      if (!document.pictureInPictureElement) return;
    }
    if (step > 0 && step <= LONGEST_STEP_SECONDS * Math.max(video.playbackRate, 1)) watched += step;
    if (Date.now() - toldAt >= EVERY_MS && !video.paused) tell("playing");
  });
  player.listen(video, "seeking", () => {
    before = null;
  });

  function body(state) {
    sequence += 1;
    return {
      sequence,
      video: facts.videoId,
      file: player.answer?.file ?? facts.fileId,
      state,
      position_seconds: Math.round(video.currentTime * 1000) / 1000,
      watched_seconds: Math.round(watched * 1000) / 1000,
      duration_seconds: player.length || null,
      method: player.answer?.method ?? "direct",
      rendition: player.answer?.rendition ?? null,
    };
  }

  function send(state) {
    return fetch(`${sessions}${session}/`, {
      method: "PUT",
      credentials: "same-origin",
      // It arrives although the page is being left.
      keepalive: true,
      headers: { "Content-Type": "application/json", "X-CSRFToken": csrfToken() },
      body: JSON.stringify(body(state)),
    });
  }

  async function tell(state) {
    if (!player.isUsed || !Number.isFinite(video.currentTime)) return;
    const what = `${state} ${video.currentTime} ${Math.round(watched)}`;
    // A slow line gets no second message behind the first, except the last one.
    if (what === told || (isWaiting && state === "playing")) return;
    told = what;
    toldAt = Date.now();
    isWaiting = true;
    try {
      const answer = await send(state);
      if (answer.status === 401 || answer.status === 403 || answer.redirected) player.loggedOut?.();
      else player.lineIsBack?.();
      if (answer.ok && answer.headers.get("Content-Type")?.includes("json")) {
        const heard = await answer.json();
        if (heard.stop) {
          video.pause();
          player.offer("Stopped by whoever runs this library", "Play on", player.play);
        }
        document.dispatchEvent(new CustomEvent("videothek:told", { detail: heard }));
      }
    } catch {
      // The next message says it all again.
      told = "";
    } finally {
      isWaiting = false;
    }
  }

  player.listen(video, "playing", () => {
    if (Date.now() - toldAt >= EVERY_MS) tell("playing");
  });
  player.listen(video, "pause", () => tell(video.ended ? "stopped" : "paused"));
  player.listen(video, "ended", () => tell("stopped"));
  player.listen(video, "seeked", () => {
    clearTimeout(timer);
    timer = setTimeout(() => tell(video.paused ? "paused" : "playing"), 400);
  });
  player.listen(window, "pagehide", () => tell("stopped"));
  player.atEnd(() => tell("stopped"));
  player.listen(document, "visibilitychange", () => {
    if (document.visibilityState === "hidden") tell(video.paused ? "paused" : "playing");
  });
}
