// Where a video begins: at a clip's start, at ?t=, or where this user left.
import { clock } from "./player.js";

const SAME_SECONDS = 1.5;

export function setUpResume(player) {
  const { facts, video, root } = player;
  const resumed = root.querySelector("#resumed");
  // Where the player itself put the play head, also by a stream that begins there.
  let ours = null;

  function go(seconds) {
    player.isUsed = true;
    ours = seconds;
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

  /** Where a source that is loaded now should start; streams begin there at once. */
  player.firstPlace = () => {
    const resumeAt = player.length && facts.resumeAt >= player.length ? 0 : facts.resumeAt;
    return facts.clip?.start ?? facts.startAt ?? resumeAt ?? 0;
  };

  function begin() {
    const at = player.firstPlace();
    const isElsewhere = player.pendingPlace !== null || (video.currentTime > 0 && Math.abs(video.currentTime - at) > SAME_SECONDS);
    if (isElsewhere || !at) return;
    ours = at;
    if (video.currentTime === 0) video.currentTime = player.length ? Math.min(at, player.length) : at;
    if (!facts.clip && !facts.startAt) offerStart();
  }

  // Whoever seeks elsewhere has no more use for the offer.
  player.listen(video, "seeking", () => {
    if (ours !== null && Math.abs(video.currentTime - ours) < SAME_SECONDS) return;
    ours = null;
    resumed.hidden = true;
  });
  if (video.readyState >= HTMLMediaElement.HAVE_METADATA) begin();
  else player.listen(video, "loadedmetadata", begin, { once: true });
}
