// What the device offers: its media keys and lock screen, and a screen that stays on.
export function setUpSystem(player) {
  const { video, facts } = player;
  setUpMediaSession(player, video, facts);
  setUpWakeLock(player, video);
}

function setUpMediaSession(player, video, facts) {
  const session = navigator.mediaSession;
  if (!session || !window.MediaMetadata) return;
  session.metadata = new MediaMetadata({
    title: facts.title ?? document.title,
    artist: facts.by ?? "",
    album: "Videothek",
    artwork: video.poster ? [{ src: video.poster }] : [],
  });
  const actions = {
    play: player.play,
    pause: () => video.pause(),
    seekbackward: ({ seekOffset }) => player.seek(video.currentTime - (seekOffset || 10)),
    seekforward: ({ seekOffset }) => player.seek(video.currentTime + (seekOffset || 10)),
    seekto: ({ seekTime }) => player.seek(seekTime),
    nexttrack: player.hasNext?.() ? () => player.next() : null,
    previoustrack: () => (video.currentTime > 5 ? player.seek(0) : history.back()),
  };
  for (const [name, action] of Object.entries(actions)) {
    try {
      session.setActionHandler(name, action);
    } catch {
      // A browser that doesn't know this one.
    }
  }
  const tellPlace = () => {
    if (!player.length || !Number.isFinite(video.duration)) return;
    try {
      session.setPositionState({
        duration: video.duration,
        position: Math.min(video.currentTime, video.duration),
        playbackRate: video.playbackRate,
      });
    } catch {
      // Between two sources the numbers don't fit together.
    }
  };
  for (const event of ["loadedmetadata", "seeked", "ratechange", "play", "pause"]) player.listen(video, event, tellPlace);
}

function setUpWakeLock(player, video) {
  let lock = null;
  const keep = async () => {
    if (lock || video.paused || document.visibilityState !== "visible") return;
    lock = await navigator.wakeLock?.request("screen").catch(() => null);
    lock?.addEventListener("release", () => {
      lock = null;
    });
  };
  const release = () => lock?.release().catch(() => {});
  player.atEnd(release);
  player.listen(video, "playing", keep);
  player.listen(video, "pause", release);
  player.listen(video, "ended", release);
  player.listen(document, "visibilitychange", keep);
}
