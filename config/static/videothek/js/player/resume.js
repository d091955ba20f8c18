// Where a video begins: at a clip's start, at ?t=, or where this user left.
import { clock } from "./player.js";

export function setUpResume(player) {
  const { facts, video, root } = player;
  const resumed = root.querySelector("#resumed");
  let isOurs = false;

  function go(seconds) {
    player.isUsed = true;
    isOurs = true;
    player.place(seconds);
    player.play();
  }

  function offerStart() {
    const at = clock(facts.resumeAt);
    player.offer(`Resumed at ${at}`, "Start over", () => {
      go(0);
      player.offer("From the start", `Back to ${at}`, () => {
        go(facts.resumeAt);
        offerStart();
      });
    });
  }

  function begin() {
    const first = player.pendingPlace === null && video.currentTime === 0;
    if (!first) return;
    if (facts.clip) {
      video.currentTime = facts.clip.start;
    } else if (facts.startAt) {
      video.currentTime = Math.min(facts.startAt, player.length || facts.startAt);
    } else if (facts.resumeAt && !(player.length && facts.resumeAt >= player.length)) {
      isOurs = true;
      video.currentTime = facts.resumeAt;
      offerStart();
    }
  }

  // Whoever seeks elsewhere has no more use for the offer.
  video.addEventListener("seeking", () => {
    if (!isOurs) resumed.hidden = true;
    isOurs = false;
  });
  /** Where a source that is loaded now should start; used by streams, which can begin anywhere at once. */
  player.firstPlace = () => facts.clip?.start ?? facts.startAt ?? facts.resumeAt ?? 0;
  if (video.readyState >= HTMLMediaElement.HAVE_METADATA) begin();
  else video.addEventListener("loadedmetadata", begin, { once: true });
}
