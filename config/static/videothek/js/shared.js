// A shared page: the library's player, with the addresses of the link and without what belongs to an account.
import { makePlayer } from "./player/player.js";
import { rememberChoices } from "./player/remembered.js";
import { setUpBar } from "./player/bar.js";
import { setUpKeys } from "./player/keys.js";
import { setUpLoops } from "./player/loops.js";
import { setUpMenus } from "./player/menus.js";
import { comeBackTo, goOnHere } from "./player/onward.js";
import { setUpSource } from "./player/source.js";
import { setUpSubtitles } from "./player/subtitles.js";
import { setUpSystem } from "./player/system.js";
import { setUpTouch } from "./player/touch.js";
import { setUpTrouble } from "./player/trouble.js";

const PLAYS_ON = "videothek-shared-plays-on";
const again = () => location.reload();

function begin(player) {
  player.goOnHere = (address) => goOnHere(player, address, begin);
  rememberChoices(player);
  setUpKeys(player);
  setUpTrouble(player);
  setUpBar(player);
  setUpLoops(player);
  setUpSubtitles(player);
  setUpMenus(player);
  setUpTouch(player);
  tellStrangers(player);
  setUpList(player);
  setUpSystem(player);
  player.announce();
  setUpSource(player);
}

// ---- words for those who have no account ------------------------------------------------------------------------------
function tellStrangers(player) {
  const { cannotShow, facts } = player;
  player.loggedOut = () =>
    player.trouble("This link asks who you are again", "Load this page anew, and it goes on.", ["again"], again);
  player.fileGone = () =>
    player.trouble(
      "It can't be played right now",
      "The link may be over, or the disk that the video lies on is not connected. Load this page anew.",
      ["again"],
      again,
    );
  player.cannotShow = async (title, words) => {
    // A player isn't told why it got no picture; the place among those who watch may be gone.
    const answer = await fetch(facts.urls.stream, { headers: { Range: "bytes=0-0" } }).catch(() => null);
    if (answer?.status === 429) {
      player.trouble("Too many are watching right now", "Try again in a minute.", ["again"], again);
    } else cannotShow(title, words ?? "Try another browser, or tell whoever sent you the link.");
  };
}

// ---- the next one of a playlist ---------------------------------------------------------------------------------------
function remember(wish) {
  try {
    if (wish) sessionStorage.setItem(PLAYS_ON, "1");
    else sessionStorage.removeItem(PLAYS_ON);
  } catch {
    // Without storage the next one waits for a press of play.
  }
}

function setUpList(player) {
  const { facts, video } = player;
  let isLeaving = false;
  player.firstPlace = () => facts.startAt ?? facts.resumeAt ?? 0;
  player.hasNext = () => Boolean(facts.next);
  player.next = async () => {
    if (!facts.next) return player.say("Nothing comes next");
    if (isLeaving) return;
    isLeaving = true;
    remember(true);
    if (!(await player.goOnHere(facts.next))) location.assign(facts.next);
  };
  player.actions.next = () => player.next();
  for (const button of player.root.querySelectorAll("[data-do=next]")) button.hidden = !facts.next;
  player.cameFromList = () => {
    try {
      const came = sessionStorage.getItem(PLAYS_ON) === "1";
      remember(false);
      return came;
    } catch {
      return false;
    }
  };
  player.listen(video, "ended", () => {
    if (facts.next && !video.loop && !player.loops?.range) player.next();
  });
}

const player = makePlayer(document.querySelector("#player"));
comeBackTo(player.facts);
begin(player);
