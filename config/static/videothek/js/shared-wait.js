// A shared clip is still being made: the page looks again by itself.
const LOOK_EVERY_MS = 5000;

setTimeout(() => location.reload(), LOOK_EVERY_MS);
