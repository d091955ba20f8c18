// What this browser plays, for POST /api/v1/videos/<id>/playback/ (docs/playback.md has the fields).
const probe = document.createElement("video");
const Source = globalThis.ManagedMediaSource ?? globalThis.MediaSource;

const CONTAINERS = {
  mp4: 'video/mp4; codecs="avc1.4D401F"',
  webm: 'video/webm; codecs="vp8, vorbis"',
  matroska: 'video/x-matroska; codecs="avc1.4D401F"',
  ogg: 'video/ogg; codecs="theora"',
};

// By codec: a string of 1080p in 8 bits, the same in 10 bits, and what holds it when it is a file of its own.
const PICTURES = {
  h264: { plain: "avc1.640028", deep: "avc1.6E0028" },
  hevc: { plain: "hvc1.1.6.L123.B0", deep: "hvc1.2.4.L123.B0" },
  av1: { plain: "av01.0.08M.08", deep: "av01.0.08M.10" },
  vp9: { plain: "vp09.00.40.08", deep: "vp09.02.40.10", file: "video/webm" },
  vp8: { plain: "vp8", file: "video/webm" },
  theora: { plain: "theora", file: "video/ogg" },
};
// Strings and level_idc of H.264's levels, the highest first.
const H264_LEVELS = [
  ["avc1.64003E", 62],
  ["avc1.64003C", 60],
  ["avc1.640034", 52],
  ["avc1.640033", 51],
  ["avc1.64002A", 42],
  ["avc1.640029", 41],
  ["avc1.640028", 40],
];
const HEIGHTS = [2160, 1440, 1080, 720, 480];

// By codec: types of files that hold it, and the string in MP4.
const SOUNDS = {
  aac: { files: ['audio/mp4; codecs="mp4a.40.2"'], mp4: "mp4a.40.2", channels: 6 },
  mp3: { files: ["audio/mpeg"], mp4: "mp4a.6B" },
  opus: { files: ['audio/webm; codecs="opus"', 'audio/ogg; codecs="opus"'], mp4: "opus" },
  vorbis: { files: ['audio/webm; codecs="vorbis"'] },
  flac: { files: ["audio/flac", 'audio/mp4; codecs="flac"'], mp4: "flac" },
  alac: { files: ['audio/mp4; codecs="alac"'], mp4: "alac" },
  ac3: { files: ['audio/mp4; codecs="ac-3"'], mp4: "ac-3" },
  eac3: { files: ['audio/mp4; codecs="ec-3"'], mp4: "ec-3" },
  dts: { files: ['audio/mp4; codecs="dtsc"'] },
};

const plays = (type) => probe.canPlayType(type) !== "";
const hasNativeHls = plays("application/vnd.apple.mpegurl");

// Whether a type can be fed in pieces: to the browser's media source, or to its own HLS player.
function streams(type) {
  if (Source?.isTypeSupported) return Source.isTypeSupported(type);
  return hasNativeHls && plays(type);
}

async function isSmooth(contentType, height) {
  const width = Math.round((height * 16) / 9);
  const video = { contentType, width, height, bitrate: height * 6000, framerate: 30 };
  try {
    const { supported, smooth } = await navigator.mediaCapabilities.decodingInfo({ type: "file", video });
    return supported && smooth;
  } catch {
    // An old browser, or one that doesn't know the type by this name: what it says elsewhere counts.
    return true;
  }
}

// The largest class of height that plays without jerks; null for any.
async function maxHeight(contentType) {
  for (const height of HEIGHTS) {
    if (await isSmooth(contentType, height)) return height === HEIGHTS[0] ? null : height;
  }
  return HEIGHTS.at(-1);
}

async function picture(codec) {
  const { plain, deep, file = "video/mp4" } = PICTURES[codec];
  const type = `${file}; codecs="${plain}"`;
  const inMp4 = codec !== "theora" && codec !== "vp8" && streams(`video/mp4; codecs="${plain}"`);
  if (!plays(type) && !inMp4) return null;
  const facts = {
    codec,
    max_height: await maxHeight(type),
    ten_bit: deep ? plays(`${file}; codecs="${deep}"`) : false,
    in_mp4: inMp4,
  };
  if (codec === "h264") facts.max_level = H264_LEVELS.find(([name]) => plays(`video/mp4; codecs="${name}"`))?.[1] ?? null;
  return facts;
}

function sound(codec) {
  const { files, mp4, channels = null } = SOUNDS[codec];
  const inMp4 = mp4 !== undefined && streams(`audio/mp4; codecs="${mp4}"`);
  return files.some(plays) || inMp4 ? { codec, channels, in_mp4: inMp4 } : null;
}

async function ask() {
  const video = await Promise.all(Object.keys(PICTURES).map(picture));
  return {
    containers: Object.keys(CONTAINERS).filter((name) => plays(CONTAINERS[name])),
    video: video.filter(Boolean),
    audio: Object.keys(SOUNDS).map(sound).filter(Boolean),
    hls: hasNativeHls || streams('video/mp4; codecs="avc1.4D401F,mp4a.40.2"'),
    hdr: matchMedia("(dynamic-range: high)").matches,
    max_height: null,
    max_bit_rate: null,
  };
}

let answer = null;

// Asked anew each time for the screen only: a window may move to another one.
export async function capabilities() {
  answer ??= ask();
  return { ...(await answer), hdr: matchMedia("(dynamic-range: high)").matches };
}
