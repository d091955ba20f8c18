// The next video in the same document, so that full screen stays: it ends with the page that a player lies in. What
// lies around the player is of the video before, out of sight; leaving full screen fetches the page anew.
import { makePlayer } from "./player.js";

const PLACE = "videothek-comes-back";
let isElsewhere = false;

const isFilled = (video) => Boolean(document.fullscreenElement ?? video.webkitDisplayingFullscreen);

/** Plays the video of another page here, if this one's fills the screen; whether it does. `begin` sets a player up. */
export async function goOnHere(player, address, begin) {
  const { root, video } = player;
  if (!isFilled(video)) return false;
  const page = await fetchPage(address);
  if (!page || !isFilled(video)) return false;
  player.retire();
  history.pushState(null, "", address);
  document.title = page.title;
  document.querySelector("#player-facts").textContent = page.querySelector("#player-facts").textContent;
  takeOver(root, video, page.querySelector("#player"));
  swap("h1", page);
  swap(".next:not(.related)", page);
  takeList(page);
  const next = makePlayer(root);
  begin(next);
  const marks = page.querySelector("#marks-facts");
  if (marks) next.setMarkers(JSON.parse(marks.textContent));
  comeBackLater(video);
  return true;
}

async function fetchPage(address) {
  const answer = await fetch(address, { credentials: "same-origin" }).catch(() => null);
  if (!answer?.ok || answer.redirected) return null;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  return page.querySelector("#player video") && page.querySelector("#player-facts") ? page : null;
}

function takeOver(root, video, other) {
  const theirs = other.querySelector("video");
  root.className = other.className;
  root.style.cssText = other.style.cssText;
  for (const one of root.querySelectorAll(".still, .ripple, .pin, .stretch, .only, video > track")) one.remove();
  for (const selector of ["#cannot", "#nextup", "#resumed", "#line", ".only"]) swap(selector, other, root);
  root.querySelector("media-controller").removeAttribute("inert");
  video.append(...[...theirs.querySelectorAll("track")].map((track) => document.importNode(track)));
  for (const name of ["poster", "preload"]) {
    if (theirs.hasAttribute(name)) video.setAttribute(name, theirs.getAttribute(name));
    else video.removeAttribute(name);
  }
  video.src = theirs.getAttribute("src");
}

/** The other page's element in the place of this one's; where only one of them has it, it goes or comes. */
function swap(selector, page, here = document) {
  const [mine, theirs] = [here.querySelector(selector), page.querySelector(selector)];
  if (!theirs) mine?.remove();
  else if (mine) mine.replaceWith(document.importNode(theirs, true));
  else (here === document ? here.querySelector("aside, main") : here).append(document.importNode(theirs, true));
}

/** The playlist that is played from is told of this video now, or no more. */
function takeList(page) {
  const [mine, theirs] = [document.querySelector("#playing-list"), page.querySelector("#playing-list")];
  if (theirs) Object.assign(mine?.dataset ?? {}, theirs.dataset);
  else mine?.remove();
}

function comeBackLater(video) {
  if (isElsewhere) return;
  isElsewhere = true;
  const comeBack = () => {
    if (isFilled(video)) return;
    try {
      const place = { path: location.pathname, seconds: video.currentTime, plays: !video.paused && !video.ended };
      sessionStorage.setItem(PLACE, JSON.stringify(place));
    } catch {
      // Then the page begins where the library remembers.
    }
    location.reload();
  };
  document.addEventListener("fullscreenchange", comeBack);
  video.addEventListener("webkitendfullscreen", comeBack);
  window.addEventListener("popstate", () => location.reload());
}

/** Where full screen was left, on the page that is fetched for it: it goes on there. */
export function comeBackTo(facts) {
  try {
    const { path, seconds, plays } = JSON.parse(sessionStorage.getItem(PLACE)) ?? {};
    sessionStorage.removeItem(PLACE);
    if (path !== location.pathname || !Number.isFinite(seconds)) return;
    if (plays) facts.startAt = seconds;
    else facts.resumeAt = seconds;
  } catch {
    // Nothing was kept.
  }
}
