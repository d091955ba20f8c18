"""A scripted curator organises 500 videos with noise: how many keys it takes, and how much of it is right.

Run by `make bench AREA=suggest`, which starts the servers that it needs. The curator knows the truth and answers
through the services that pages use, one key for each answer: a batch of a whole folder (and one for each video that is
ticked off), a learned rule, all chips of a video, one chip accepted or refused; two keys for what nobody suggested.
"""

import random
import sys
import time
from collections import defaultdict
from dataclasses import dataclass, field

import django
from django.core.cache import cache
from django.core.management import call_command

# The models can be imported only then.
django.setup()

from library.models import ChangeBatch, Folder, Rejection, User, VideoTag
from library.queries.suggestions import chips_of, count_precision
from library.services.history import undo_batch
from library.services.rules.applying import apply_rule_run, begin_rule_run
from library.services.rules.learning import accept_learned, decline_learned, learn_rules, rule_of
from library.services.rules.matching import videos_meeting
from library.services.suggesting.evidence import (
    EvidenceGoneError,
    apply_evidence,
    decline_evidence,
    find_evidence,
    load_evidence,
)
from library.services.suggesting.refresh import refresh_suggestions
from library.services.suggesting.targets import get_target
from library.services.suggestions import accept_suggestions, reject_suggestions
from people.models import Creator, Credit, Studio, VideoStudio
from tests.bench.table import Row, show
from tests.library.factories import make_file

VIDEOS = 500
MOST_KEYS, LEAST_RIGHT = 1.2, 0.98
# Less sure chips aren't what "accept all" means.
SURE = 0.5
# Two keys for what has to be typed; one for everything else.
TYPED = 2
# After so many videos the worker has looked again, as it does every few minutes.
LOOKED_AGAIN_AFTER = 60
LABELLED_FIRST = 100

Thing = tuple[str, int]


@dataclass
class World:
    truth: dict[int, set[Thing]] = field(default_factory=lambda: defaultdict(set))
    keys: int = 0
    answers: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def press(self, what: str, keys: int = 1) -> None:
        self.keys += keys
        self.answers[what] += keys


def make_world(seed: int = 11) -> World:
    """Twenty people with a studio each, six tags. Most lie in folders of their own under names written in many ways; a
    tenth lies elsewhere, a twentieth in somebody else's folder, and a tenth of names says nothing at all."""
    chance = random.Random(seed)
    world = World()
    folder = Folder.objects.create(name="Demo", path="/demo")
    firsts = ["Ana", "Bea", "Cleo", "Dora", "Elif", "Fumi", "Greta", "Hana", "Ines", "Juno"]
    people = [Creator.objects.create(name=f"{first} {last}") for last in ("Moreau", "Okafor") for first in firsts]
    studios = [Studio.objects.create(name=name) for name in ("Nordlicht", "Blue Harbor", "Kaminari", "Stonefield")]
    tags = [get_target("tag").links.find_or_create(name, None) for name in ("Beach", "Concert", "Interview", "Travel")]
    tag_names = dict(zip(tags, ("Beach", "Concert", "Interview", "Travel"), strict=True))
    for number in range(VIDEOS):
        who = people[number % len(people)]
        studio = studios[people.index(who) % len(studios)]
        tag = chance.choice(tags)
        spelled = chance.choice([who.name, who.name.replace(" ", "_"), who.name.replace(" ", ""), who.name.upper()])
        lot = chance.random()
        where = spelled if lot < 0.05 else who.name
        if 0.05 <= lot < 0.1:
            where = chance.choice(people).name
        elif 0.1 <= lot < 0.2:
            where = "Inbox"
        words = [chance.choice(["clip", "cut", "take", "final", "best of"]), f"{number:04}"]
        if chance.random() < 0.9:
            words.insert(0, tag_names[tag])
        if lot >= 0.2 and chance.random() < 0.6:
            words.insert(0, spelled)
        if 0.05 <= lot < 0.2 and chance.random() < 0.9:
            words.insert(0, spelled)
        name = chance.choice([" ", "_", ".", "-"]).join(words)
        file = make_file(folder=folder, relative_path=f"{studio.name}/{where}/{name}.mp4")
        assert file.video_id is not None
        world.truth[file.video_id] = {("creator", who.pk), ("studio", studio.pk), ("tag", tag)}
    return world


def labelled() -> dict[int, set[Thing]]:
    """What the library says now."""
    found: dict[int, set[Thing]] = defaultdict(set)
    for kind in ("creator", "studio", "tag"):
        links = get_target(kind).links
        for video_id, pk in links.link._default_manager.values_list("video_id", f"{links.column}_id"):
            found[video_id].add((kind, pk))
    return found


def answer_folders(world: World, user: User) -> None:
    """A look at the pictures of a folder: right for at least nine in ten, those that are not are ticked off (a key
    each); else no."""
    for one in find_evidence():
        try:
            detail = load_evidence(one.key)
        except EvidenceGoneError:
            continue
        videos = [*detail.exceptions, *detail.hinted]
        thing = (one.kind, one.object_id)
        right = [pk for pk in videos if thing in world.truth[pk]]
        if len(right) < 0.9 * len(videos):
            decline_evidence(key=one.key, user=user)
            world.press("folders declined")
            continue
        # Ticking off what is plainly somebody else; what has no hint is looked at first.
        apply_evidence(key=one.key, video_ids=right, user=user)
        world.press("folders", 1 + len(videos) - len(right))


def answer_rules(world: World, user: User) -> tuple[int, int]:
    """Learned rules: those that are right for all but one in fifty of what they reach become rules and are applied."""
    reached = right = 0
    for learned in learn_rules():
        met = [one.video_id for one in videos_meeting(rule_of(learned))]
        hits = sum((learned.kind, learned.object_id) in world.truth[pk] for pk in met)
        world.press("rules")
        if hits < LEAST_RIGHT * len(met):
            decline_learned(learned=learned, user=user)
            continue
        run = begin_rule_run(rules=[accept_learned(learned=learned, user=user)], user=user)
        apply_rule_run(run_id=run.pk)
        reached, right = reached + len(met), right + hits
    return reached, right


def answer_video(world: World, user: User, video_id: int) -> None:
    """One key where all sure chips are right; else one for each that is right or, where fewer are wrong, those refused
    first. What is still missing is typed."""
    chips = [chip for chip in chips_of([video_id])[video_id] if chip.confidence >= SURE]
    right = [chip for chip in chips if (chip.kind, chip.object_id) in world.truth[video_id]]
    wrong = [chip for chip in chips if chip not in right]
    if right and len(wrong) + 1 <= len(right):
        if wrong:
            reject_suggestions(suggestion_ids=[chip.id for chip in wrong], user=user)
            world.press("chips refused", len(wrong))
        accept_suggestions(suggestion_ids=[chip.id for chip in right], user=user)
        world.press("all chips")
    elif right:
        for chip in right:
            accept_suggestions(suggestion_ids=[chip.id], user=user)
            world.press("single chips")
    has = labelled_of(video_id)
    for kind, pk in sorted(world.truth[video_id] - has):
        get_target(kind).put(video_ids=[video_id], ids=[pk], user=user, source="manual")
        world.press("typed", TYPED)


def labelled_of(video_id: int) -> set[Thing]:
    return {(kind, pk) for kind in ("creator", "studio", "tag") for _, pk in get_target(kind).pairs([video_id])}


def main() -> int:
    call_command("migrate", verbosity=0)
    began = time.monotonic()
    world, user = make_world(), User.objects.create_user(username="curator", password="x")
    cache.clear()
    refresh_suggestions(is_full=True)
    first = time.monotonic() - began
    # What is labelled one by one is what the rules for the rest are learned from.
    for video_id in sorted(world.truth)[:LABELLED_FIRST]:
        answer_video(world, user, video_id)
    refresh_suggestions()
    reached, right_by_rule = answer_rules(world, user)
    refresh_suggestions()
    answer_folders(world, user)
    refresh_suggestions()
    todo = [pk for pk, things in sorted(world.truth.items()) if labelled().get(pk, set()) != things]
    for number, video_id in enumerate(todo, start=1):
        if number % LOOKED_AGAIN_AFTER == 0:
            refresh_suggestions()
        if labelled_of(video_id) != world.truth[video_id]:
            answer_video(world, user, video_id)
    found = labelled()
    pairs = [(pk, thing) for pk, things in found.items() for thing in things]
    right = sum(thing in world.truth[pk] for pk, thing in pairs)
    complete = sum(found.get(pk, set()) >= things for pk, things in world.truth.items())
    rejected = Rejection.objects.count()
    precision = sorted(count_precision().values(), key=lambda one: one.provider)
    undone = undo_all(user)
    taken_back = not any((Credit.objects.exists(), VideoStudio.objects.exists(), VideoTag.objects.exists()))
    keys = world.keys / VIDEOS
    share, by_rule = right / len(pairs), right_by_rule / max(1, reached)
    least = f">= {LEAST_RIGHT:.0%}"
    rows = [
        Row("keys for each video", f"{keys:.2f}", "", f"<= {MOST_KEYS}", keys <= MOST_KEYS),
        Row("labels that are right", f"{share:.1%}", f"of {len(pairs):,}", least, share >= LEAST_RIGHT),
        Row("videos with all of theirs", f"{complete:,}", f"of {VIDEOS:,}", "all", complete == VIDEOS),
        Row("of those, looked at one by one", f"{LABELLED_FIRST + len(todo):,}", "", "", None),
        Row("learned rules: right", f"{by_rule:.1%}", f"of {reached:,} reached", least, by_rule >= LEAST_RIGHT),
        Row("remembered rejections", f"{rejected:,}", "", "", None),
        Row("changes undone", f"{undone:,}", "", "nothing left", taken_back),
        Row("proposals for all, from nothing", f"{first:.1f} s", "", "", None),
        Row("all of it", f"{time.monotonic() - began:.0f} s", "", "", None),
    ]
    rows += [Row(f"keys: {name}", f"{count:,}", "", "", None) for name, count in sorted(world.answers.items())]
    for one in precision:
        if one.answered:
            said = f"{one.accepted:,} of {one.answered:,}"
            rows.append(Row(f"right: {one.label}", said, f"at least {one.at_least:.0%}", "", None))
    return 0 if show("A curator organises a library with noise", rows) else 1


def undo_all(user: User) -> int:
    """Every change of the curator, the latest first."""
    batches = ChangeBatch.objects.filter(user=user, undoes=None).order_by("-created_at")
    count = 0
    for batch in batches:
        if batch.undone_at is None and batch.can_undo:
            undo_batch(batch=batch, user=user)
            count += 1
    return count


if __name__ == "__main__":
    sys.exit(main())
