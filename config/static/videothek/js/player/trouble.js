// What is said when something doesn't play, and what helps.
import { csrfToken, icon, make } from "./player.js";

const KINDS = ["again", "login", "other", "download", "convert"];

export function setUpTrouble(player) {
  const { root, controller, facts } = player;
  const box = root.querySelector("#cannot");
  const line = root.querySelector("#line");
  const plays = document.querySelector("#plays");
  const how = plays?.querySelector(".how");
  const reasons = plays?.querySelector(".reasons");
  let retry = null;

  /** Says how the video plays; `state` is plays | converts | partly | cannot | unknown. */
  player.tellHow = (state, sentence, why = []) => {
    if (!plays) return;
    plays.dataset.state = state;
    if (how) how.textContent = sentence.replace(/\.$/, "");
    if (!reasons || !why.length) return;
    reasons.replaceChildren(
      ...why.map((words) => {
        const item = document.createElement("li");
        item.textContent = words;
        return item;
      }),
    );
  };

  /** Words in the place of the picture; `helps` names the buttons below them. */
  player.trouble = (title, words, helps, again = null) => {
    box.querySelector("h2").textContent = title;
    box.querySelector("p").textContent = words;
    for (const one of box.querySelectorAll("[data-told]")) one.remove();
    retry = again;
    for (const kind of KINDS) {
      for (const element of box.querySelectorAll(`[data-help=${kind}]`)) element.hidden = !helps.includes(kind);
    }
    controller.setAttribute("inert", "");
    box.hidden = false;
    line.hidden = true;
  };
  player.noTrouble = () => {
    box.hidden = true;
    controller.removeAttribute("inert");
  };
  player.listen(box.querySelector("[data-help=again]"), "click", () => {
    player.noTrouble();
    retry?.();
  });

  player.unreachable = (again) =>
    player.trouble("The library can't be reached", "Check the network. Your place in the video is kept.", ["again"], again);
  player.loggedOut = () => {
    player.video.pause();
    player.trouble("You have been logged out", "Log in again, and the video goes on where you left it.", ["login"]);
    player.tellHow("cannot", "Not played: you are logged out");
  };
  player.fileGone = (again) => {
    const others = box.querySelectorAll("[data-help=other]").length;
    player.trouble(
      "The file can't be read right now",
      others
        ? "Its disk may be disconnected. Connect it and try again, or play another copy."
        : "Its disk may be disconnected. Connect it and try again; your place in the video is kept.",
      ["again", "other"],
      again,
    );
    player.tellHow("cannot", "Not played: the file is not there");
  };
  player.cannotShow = (title, words) => {
    player.trouble(
      title ?? `This browser can't show ${facts.what}`,
      words ?? "The file itself is sent as it is. Download it and open it in a video player, or try this page in another browser.",
      ["download", "convert", "other"],
    );
    player.tellHow("cannot", "Does not play in this browser");
  };

  /** The server's own words why nothing plays, with what it says that helps: other files of the video, and buttons. */
  player.refused = ({ detail, code, files = [], helps = [] }, again) => {
    const isMissing = code === "missing";
    player.trouble(
      isMissing ? "The file can't be read right now" : code === "unreadable" ? "This file can't be read" : `This browser can't show ${facts.what}`,
      detail,
      isMissing ? ["again"] : [],
      again,
    );
    box.querySelector(".actions").append(...files.map(fileButton), ...helps.map(helpButton));
    player.tellHow("cannot", isMissing ? "Not played: the file is not there" : "Does not play in this browser", [detail]);
  };

  function fileButton({ id, label }) {
    const play = () => {
      player.noTrouble();
      player.choose({ file: id, audio: null, subtitle: null }, true);
    };
    return make("button", { type: "button", class: "btn", "data-told": true, onclick: play }, `Play the copy ${label}`);
  }

  function helpButton({ label, url, method }) {
    if (method !== "post") {
      return make("a", { class: "btn primary", href: url, download: "", "data-told": true }, icon("download"), label);
    }
    const token = make("input", { type: "hidden", name: "csrfmiddlewaretoken", value: csrfToken() });
    const button = make("button", { class: "btn", type: "submit" }, label);
    return make("form", { method: "post", action: url, "data-told": true }, token, button);
  }

  /** A line below the top edge while the network is away; the video goes on by itself. */
  player.lineIsLost = (words = "No connection. The video goes on by itself when it is back.") => {
    line.textContent = words;
    line.hidden = false;
  };
  player.lineIsBack = () => {
    line.hidden = true;
  };
  player.listen(window, "offline", () => player.lineIsLost());
  player.listen(window, "online", () => player.lineIsBack());
}
