// The people beside the player: their lanes on the seek bar come from here.
import { withPlayer } from "../curate/api.js";

const facts = document.querySelector("#people-facts");

if (facts) withPlayer((player) => player.setPeople(JSON.parse(facts.textContent)));
