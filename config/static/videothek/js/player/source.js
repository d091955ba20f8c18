// Where the picture comes from: asks the server how this browser gets the video, and plays that address.
import { capabilities } from "./capabilities.js";
import { csrfToken, make } from "./player.js";

const STUCK_MS = 3000;
const HLS = "application/vnd.apple.mpegurl";
const RETRY_MS = [1000, 2000, 4000, 8000, 15_000];
const SKIP_SECONDS = 4;
const MOST_SKIPS = 20;
const MOST_REFUSALS = 2;
// Sounds that a browser may lack without saying so: the picture plays on in silence.
const SOUND = {
  ac3: 'audio/mp4; codecs="ac-3"',
  eac3: 'audio/mp4; codecs="ec-3"',
  dts: 'audio/mp4; codecs="dtsc"',
  alac: 'audio/mp4; codecs="alac"',
  mp2: 'audio/mpeg; codecs="mp4a.69"',
  truehd: 'audio/mp4; codecs="mlpa"',
};

export function setUpSource(player) {
  const { video, facts, root } = player;
  // Without a file the server takes another copy by itself where the first one is not there.
  const wish = { audio: null, subtitle: null, quality: player.remembered("quality") ?? "auto", file: facts.wishedFile ?? null };
  // Ways that this browser could not go, whatever it said of itself.
  const failedWays = new Set();
  let hls = null;
  let retries = 0;
  let skips = 0;
  let asked = 0;
  let hadMetadata = video.readyState >= HTMLMediaElement.HAVE_METADATA;
  // The address that plays or loads.
  let current = video.getAttribute("src") ? video.src : "";

  player.listen(video, "loadedmetadata", () => {
    hadMetadata = true;
  });
  if (facts.urls.playback && !facts.isSure) {
    // Loading what may not play would only fail; the answer brings the address.
    video.removeAttribute("src");
    video.load();
    current = "";
  }

  // ---- asking -------------------------------------------------------------------------------------------------------
  async function ask(isOurChange = false) {
    const mine = (asked += 1);
    const body = { ...wish, failed: [...failedWays], capabilities: await capabilities() };
    let response = null;
    try {
      response = await fetch(facts.urls.playback, {
        method: "POST",
        credentials: "same-origin",
        headers: { "Content-Type": "application/json", "X-CSRFToken": csrfToken() },
        body: JSON.stringify(body),
      });
    } catch {
      if (mine === asked) unreachable(() => ask(isOurChange));
      return;
    }
    if (mine !== asked) return;
    if (!response.ok || response.redirected) return refuse(response, isOurChange);
    retries = 0;
    const answer = await response.json();
    if (mine === asked) take(answer, isOurChange);
  }

  async function refuse(response, isOurChange) {
    const mine = asked;
    const told = await response.json().catch(() => ({}));
    if (mine !== asked) return;
    const words = told.detail ?? "";
    if (response.status === 401 || response.status === 403 || response.redirected) return player.loggedOut();
    if (isOurChange) return player.say(words || "That did not work; it plays on as before");
    if (told.files?.length || told.helps?.length) return player.refused(told, () => ask());
    if (response.status === 404 || response.status === 410 || told.code === "missing") return player.fileGone(() => ask());
    if (facts.isSure && response.status >= 500) return;
    player.cannotShow(undefined, words || undefined);
  }

  function take(answer, isOurChange) {
    player.answer = answer;
    player.tellHow(answer.method === "direct" ? "plays" : "converts", answer.sentence, whysOf(answer));
    if (!answer.url) return player.cannotShow(undefined, answer.sentence);
    const isSame = !hls && new URL(answer.url, location.href).href === current;
    if (!isSame || video.error) attach(answer.url, answer.mime);
    else if (isOurChange) player.play();
    player.setSubtitles(answer.subtitles ?? []);
  }

  function whysOf(answer) {
    const words = [answer.video?.sentence, answer.audio?.sentence, ...(answer.reasons ?? []).map((one) => one.sentence)];
    return [...new Set(words.filter(Boolean))];
  }

  // ---- playing an address -------------------------------------------------------------------------------------------
  async function attach(url, mime) {
    const isFirst = !hadMetadata;
    const at = player.pendingPlace ?? (isFirst ? player.firstPlace() : placeNow());
    lastPlace = at;
    current = new URL(url, location.href).href;
    const wasPlaying = !video.paused || wantsToPlay;
    keepPicture();
    drop();
    if (mime !== HLS) {
      if (!isFirst) player.pendingPlace = at;
      video.preload = "metadata";
      video.src = url;
    } else if (await canStream()) {
      player.pendingPlace = isFirst ? player.pendingPlace : at;
      startStream(url, at);
    } else if (video.canPlayType(HLS)) {
      if (!isFirst) player.pendingPlace = at;
      video.src = url;
    } else {
      return player.cannotShow("This browser can't play converted video", "Try another browser, or download the file.");
    }
    if (wasPlaying) player.play();
  }

  /** hls.js where it works; fetched when the first stream needs it. */
  async function canStream() {
    if (!window.Hls) {
      await new Promise((resolve) => {
        document.head.append(make("script", { src: facts.urls.hls, onload: resolve, onerror: resolve }));
      });
    }
    return Boolean(window.Hls?.isSupported());
  }

  function startStream(url, at) {
    const { Hls } = window;
    const patient = (policy) => ({ default: { ...policy.default, maxTimeToFirstByteMs: 30_000, maxLoadTimeMs: 60_000 } });
    hls = new Hls({
      startPosition: at || -1,
      maxBufferLength: 30,
      maxMaxBufferLength: 60,
      backBufferLength: 60,
      fragLoadPolicy: patient(Hls.DefaultConfig.fragLoadPolicy),
    });
    hls.on(Hls.Events.ERROR, (_, problem) => streamFailed(Hls, problem));
    hls.on(Hls.Events.FRAG_BUFFERED, () => {
      retries = refusals = 0;
      player.lineIsBack();
    });
    // The server begins there while the player still reads the list.
    hls.loadSource(at ? `${url}?at=${Math.floor(at)}` : url);
    hls.attachMedia(video);
  }

  let mediaRecoveries = 0;
  let refusals = 0;
  function streamFailed(Hls, { fatal, type, response }) {
    if (!fatal) return;
    const code = response?.code ?? 0;
    if (code === 401 || code === 403) return player.loggedOut();
    if (code === 410) return player.fileGone(() => ask());
    if (type === Hls.ErrorTypes.MEDIA_ERROR && mediaRecoveries < 3) {
      mediaRecoveries += 1;
      player.pendingPlace ??= placeNow();
      hls.recoverMediaError();
      if (wantsToPlay) player.play();
      return;
    }
    if (type === Hls.ErrorTypes.NETWORK_ERROR && code < 400) return unreachable(() => ask());
    if (code >= 400 && refusals < MOST_REFUSALS) {
      // The stream may have been forgotten with the cache: asking again registers it anew.
      refusals += 1;
      return ask();
    }
    if (tryAnotherWay()) return;
    drop();
    player.cannotShow("The converted video can't be shown", "Its conversion failed. The log names the reason.");
  }

  /** Asks for a way that has not failed yet; whether there may be one. */
  function tryAnotherWay() {
    const way = player.answer?.method;
    if (!facts.urls.playback || !way || way === "transcode" || failedWays.has(way)) return false;
    failedWays.add(way);
    drop();
    ask();
    return true;
  }

  function drop() {
    hls?.destroy();
    hls = null;
  }

  /** The last picture stays while another source loads. */
  function keepPicture() {
    if (video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA || !video.videoWidth) return;
    root.querySelector(".still")?.remove();
    const still = make("canvas", { class: "still", width: String(video.videoWidth), height: String(video.videoHeight) });
    still.getContext("2d").drawImage(video, 0, 0);
    root.append(still);
    const away = () => still.remove();
    player.listen(video, "seeked", away, { once: true });
    player.listen(video, "playing", away, { once: true });
    player.listen(video, "error", away, { once: true });
    setTimeout(away, 15_000);
  }

  // Pressing play while the next source is being asked for must not be lost.
  let wantsToPlay = false;
  player.listen(video, "play", () => {
    wantsToPlay = true;
  });
  player.listen(video, "pause", () => {
    if (video.readyState > HTMLMediaElement.HAVE_NOTHING && !video.error) wantsToPlay = false;
  });

  // Where it was last with a picture: what fails loses its time along with its data.
  let lastPlace = 0;
  function placeNow() {
    return video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA ? video.currentTime : lastPlace;
  }
  player.listen(video, "timeupdate", () => {
    if (video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA && player.pendingPlace === null) lastPlace = video.currentTime;
  });

  // ---- when it goes wrong -------------------------------------------------------------------------------------------
  function unreachable(again) {
    if (retries >= RETRY_MS.length) return player.unreachable(() => { retries = 0; again(); });
    const wait = RETRY_MS[retries];
    retries += 1;
    player.lineIsLost(`No answer from the library. Trying again${retries > 1 ? ` (${retries})` : ""} …`);
    const timer = setTimeout(go, wait);
    player.listen(window, "online", go, { once: true });
    function go() {
      clearTimeout(timer);
      window.removeEventListener("online", go);
      if (!isOver) again();
    }
  }

  function reload() {
    const at = video.currentTime;
    const wasPlaying = !video.paused || wantsToPlay;
    player.pendingPlace = at || player.pendingPlace;
    video.load();
    if (wasPlaying) player.play();
  }

  async function failed() {
    if (hls) return;
    const { code } = video.error ?? {};
    const tried = current;
    const answer = await fetch(current, { method: "HEAD", redirect: "manual" }).catch(() => null);
    // Another source took its place meanwhile.
    if (tried !== current || isOver) return;
    if (!answer) return unreachable(reload);
    if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403) return player.loggedOut();
    if (!answer.ok) return player.fileGone(reload);
    if (code === MediaError.MEDIA_ERR_NETWORK) return unreachable(reload);
    const hasPlayed = video.currentTime > 0 || player.pendingPlace > 0;
    if (code === MediaError.MEDIA_ERR_DECODE && hasPlayed && skips < MOST_SKIPS) {
      skips += 1;
      const at = video.currentTime + SKIP_SECONDS * skips;
      if (!player.length || at < player.length - 1) {
        player.say("A damaged part is left out");
        player.pendingPlace = at;
        video.load();
        player.play();
        return;
      }
    }
    // It said that it plays this container; the server may change it.
    if (tryAnotherWay()) return;
    // An answer that is on its way may still bring another address.
    if (facts.urls.playback && !player.answer) return;
    player.cannotShow();
  }

  player.listen(video, "error", failed);
  player.listen(video, "playing", () => {
    player.lineIsBack();
    retries = 0;
  });
  let steady = 0;
  player.listen(video, "timeupdate", () => {
    // Ten good seconds, and the next damage begins small again.
    if (skips && video.currentTime - steady > 10) skips = 0;
    if (!skips) steady = video.currentTime;
  });

  // Chromium may stop fetching in the middle of quick seeks and wait for data that nobody asks for: it is idle then,
  // while a slow line shows as loading.
  let waitsSince = 0;
  let isOver = false;
  const looking = setInterval(() => {
    const isStuck =
      !hls && !video.paused && !video.ended && !video.error && video.networkState === HTMLMediaElement.NETWORK_IDLE &&
      video.readyState < HTMLMediaElement.HAVE_FUTURE_DATA;
    if (!isStuck) waitsSince = 0;
    else if (!waitsSince) waitsSince = performance.now();
    else if (performance.now() - waitsSince > STUCK_MS) {
      waitsSince = 0;
      reload();
    }
  }, STUCK_MS / 3);
  player.atEnd(() => {
    // An answer that is on its way is another video's by then.
    asked += 1;
    isOver = true;
    clearInterval(looking);
    drop();
  });

  function looksRight() {
    if (player.answer) return;
    if (video.videoWidth === 0 && facts.videoCodec) {
      if (!facts.urls.playback) player.cannotShow();
    } else if (SOUND[facts.audioCodec] && video.canPlayType(SOUND[facts.audioCodec]) === "") {
      player.tellHow("partly", `The picture plays, but this browser can't play ${facts.sound} sound`);
    } else {
      player.tellHow("plays", "Plays directly, nothing is converted");
    }
  }

  // ---- choosing -----------------------------------------------------------------------------------------------------
  /** Asks for another quality, sound, copy or drawn subtitle; place and play state stay. `isAfresh` where nothing
   * plays: then it plays, or it is said why not. */
  player.choose = (change, isAfresh = false) => {
    // Numbers of tracks are those of the copy that plays.
    Object.assign(wish, { file: player.answer?.file ?? wish.file }, change);
    if (change.quality) player.remember("quality", change.quality);
    player.isUsed = true;
    if (isAfresh) wantsToPlay = true;
    return ask(!isAfresh);
  };

  // ---- beginning ----------------------------------------------------------------------------------------------------
  player.listen(video, "loadedmetadata", looksRight);
  if (!facts.urls.playback) {
    // Nobody to ask: the file as it is.
    video.preload = "metadata";
    if (video.readyState === HTMLMediaElement.HAVE_NOTHING && !video.error) video.load();
  } else {
    ask();
  }
  if (video.error) failed();
  else if (video.readyState >= HTMLMediaElement.HAVE_METADATA) looksRight();
  if (player.settings.autoplay || facts.clip || (facts.startAt ?? null) !== null || player.cameFromList?.()) {
    wantsToPlay = true;
    if (current) player.play();
  }
}
