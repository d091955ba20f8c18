// What is said when something doesn't play, and what helps.
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
  box.querySelector("[data-help=again]").addEventListener("click", () => {
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

  /** A line below the top edge while the network is away; the video goes on by itself. */
  player.lineIsLost = (words = "No connection. The video goes on by itself when it is back.") => {
    line.textContent = words;
    line.hidden = false;
  };
  player.lineIsBack = () => {
    line.hidden = true;
  };
  window.addEventListener("offline", () => player.lineIsLost());
  window.addEventListener("online", () => player.lineIsBack());
}
