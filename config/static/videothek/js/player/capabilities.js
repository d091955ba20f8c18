// What this browser plays, as the server's decision wants to know it.
const VIDEO = {
  h264: ['video/mp4; codecs="avc1.640028"'],
  hevc: ['video/mp4; codecs="hvc1.1.6.L120.90"'],
  vp8: ['video/webm; codecs="vp8"'],
  vp9: ['video/webm; codecs="vp09.00.40.08"', 'video/mp4; codecs="vp09.00.40.08"'],
  av1: ['video/mp4; codecs="av01.0.08M.08"'],
};
const DEEP = { hevc: 'video/mp4; codecs="hvc1.2.4.L120.90"', vp9: 'video/webm; codecs="vp09.02.40.10"', av1: 'video/mp4; codecs="av01.0.08M.10"' };
const AUDIO = {
  aac: 'audio/mp4; codecs="mp4a.40.2"',
  mp3: "audio/mpeg",
  opus: 'audio/webm; codecs="opus"',
  vorbis: 'audio/webm; codecs="vorbis"',
  flac: 'audio/mp4; codecs="flac"',
  ac3: 'audio/mp4; codecs="ac-3"',
  eac3: 'audio/mp4; codecs="ec-3"',
};
const CONTAINERS = { mp4: "video/mp4", webm: "video/webm", mov: "video/quicktime", matroska: "video/x-matroska", ogg: "video/ogg" };

export async function capabilities() {
  const probe = document.createElement("video");
  const plays = (type) => probe.canPlayType(type) !== "";
  return {
    containers: Object.keys(CONTAINERS).filter((name) => name !== "matroska" && plays(CONTAINERS[name])),
    video: Object.keys(VIDEO)
      .filter((codec) => VIDEO[codec].some(plays))
      .map((codec) => ({ codec, max_height: null, ten_bit: Boolean(DEEP[codec]) && plays(DEEP[codec]) })),
    audio: Object.keys(AUDIO)
      .filter((codec) => plays(AUDIO[codec]))
      .map((codec) => ({ codec, channels: 6 })),
    hls: Boolean(window.ManagedMediaSource ?? window.MediaSource) || plays("application/vnd.apple.mpegurl"),
    hdr: matchMedia("(dynamic-range: high)").matches,
    max_height: null,
    max_bit_rate: null,
  };
}
