// What a browser remembers from video to video. The account's settings are where it starts.
const PREFIX = "videothek-player-";
const OLD_RATE = "videothek-rate";

function read(name) {
  try {
    return JSON.parse(localStorage.getItem(PREFIX + name));
  } catch {
    return null;
  }
}

function write(name, value) {
  try {
    localStorage.setItem(PREFIX + name, JSON.stringify(value));
  } catch {
    // Without storage it is forgotten with the page.
  }
}

export function rememberChoices(player) {
  const { video, settings } = player;
  player.remembered = read;
  player.remember = write;
  try {
    localStorage.removeItem(OLD_RATE);
  } catch {
    // Nothing was kept.
  }
  const volume = read("volume") ?? (settings.default_volume === undefined ? null : settings.default_volume / 100);
  if (typeof volume === "number") video.volume = Math.min(Math.max(volume, 0), 1);
  if (read("muted") === true) video.muted = true;
  // A new source resets playbackRate to this one.
  video.defaultPlaybackRate = video.playbackRate = Number(read("rate")) || 1;
  if (read("theatre") === true) player.theatre(true);
  video.loop = read("loop") ?? settings.loop;
  player.listen(video, "volumechange", () => {
    write("volume", video.volume);
    write("muted", video.muted);
  });
  player.listen(video, "ratechange", () => {
    video.defaultPlaybackRate = video.playbackRate;
    write("rate", video.playbackRate);
  });
}
