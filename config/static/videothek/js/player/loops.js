// Parts of the video: A-B loops, clips that stop or repeat, and ranges that are played once.
import { clock } from "./player.js";

const LOOK_EVERY_MS = 60;

export function setUpLoops(player) {
  const { video, root, facts, settings } = player;
  // kind: "loop" goes round, "clip" stops at its end or goes round, "once" stops at its end and is gone.
  let range = facts.clip ? { kind: "clip", start: facts.clip.start, end: facts.clip.end ?? null, repeats: false } : null;
  let timer = 0;

  function look() {
    if (!range || range.end === null || video.seeking || video.currentTime < range.end - 0.02) return;
    // Somebody who went far behind the end wants to be there.
    if (video.currentTime > range.end + 1 && range.kind !== "loop") return;
    if (range.kind === "loop" || range.repeats) {
      video.currentTime = range.start;
      if (video.paused && video.ended) player.play();
      return;
    }
    video.pause();
    if (range.kind === "once") clear();
    document.dispatchEvent(new CustomEvent("videothek:range-ended", { detail: player }));
  }

  function draw() {
    const stretch = range && range.kind !== "once" ? range : null;
    player.drawStretch("loop", stretch?.kind === "loop" ? stretch : null);
    player.drawStretch("part", stretch?.kind === "clip" ? stretch : null);
    for (const [name, isSet] of [["a", range?.kind === "loop"], ["b", range?.kind === "loop" && range.end !== null]]) {
      for (const button of root.querySelectorAll(`[data-do=${name}]`)) button.setAttribute("aria-pressed", String(isSet));
    }
  }

  function clear() {
    range = null;
    draw();
  }

  function setStart() {
    const start = video.currentTime;
    const end = range?.kind === "loop" && range.end > start ? range.end : null;
    range = { kind: "loop", start, end };
    player.say(end === null ? `Repeat from ${clock(start)}: press B at the end` : `Repeating ${clock(start)} – ${clock(end)}`);
    draw();
  }

  function setEnd() {
    if (range?.kind === "loop" && range.end !== null) {
      clear();
      player.say("Repeating stopped");
      return;
    }
    const start = range?.kind === "loop" ? range.start : 0;
    const end = video.currentTime;
    if (end <= start + 0.1) {
      player.say("The end lies after the beginning");
      return;
    }
    range = { kind: "loop", start, end };
    player.say(`Repeating ${clock(start)} – ${clock(end)}`);
    video.currentTime = start;
    draw();
  }

  player.loops = { setStart, setEnd, clear, draw, get range() { return range; } };
  player.actions.a = setStart;
  player.actions.b = setEnd;
  /** Plays a stretch once and pauses at its end. */
  player.playRange = (start, end) => {
    player.goTo(start);
    range = { kind: "once", start, end };
  };

  root.querySelector(".ab").hidden = settings.ab_loop_controls === false;
  const repeat = document.querySelector("[data-clip=loop]");
  if (repeat) {
    repeat.hidden = false;
    player.listen(repeat, "click", () => {
      const repeats = repeat.getAttribute("aria-pressed") !== "true";
      repeat.setAttribute("aria-pressed", String(repeats));
      range = { kind: "clip", start: facts.clip.start, end: facts.clip.end, repeats };
      draw();
      if (video.currentTime < range.start || video.currentTime >= range.end - 0.1) video.currentTime = range.start;
      player.play();
    });
  }
  // A clip that was played to its end begins again.
  player.listen(video, "play", () => {
    if (range?.kind === "clip" && range.end !== null && Math.abs(video.currentTime - range.end) < 0.3) {
      video.currentTime = range.start;
    }
    clearInterval(timer);
    timer = setInterval(look, LOOK_EVERY_MS);
  });
  player.listen(video, "pause", () => clearInterval(timer));
  player.atEnd(() => clearInterval(timer));
  player.listen(video, "ended", () => {
    if (range?.kind === "loop" || (range?.kind === "clip" && range.repeats)) {
      video.currentTime = range.start;
      player.play();
    }
  });
}
