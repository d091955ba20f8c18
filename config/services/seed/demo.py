"""A library to look at: small films of drawn people, half of them organised, with a history."""

import io
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from django.core.files.base import ContentFile
from django.utils import timezone

from config.services.seed.film import Film, face, make_film
from config.services.seed.past import add_past
from library.models import Folder, Tag, User, Video, VideoFile
from library.services import find_or_register_folder
from library.services.changes import change_batch
from library.services.tagging import edit_tags
from library.services.tags import find_or_create_tag
from people.models import Creator, CreatorPicture, Studio
from people.services.creators import add_alias, find_or_create_creator
from people.services.credits import edit_credits, edit_studios
from people.services.studios import find_or_create_studio, move_studio
from playback.models import Favorite, Marker, PlayCount, Playlist, PlaylistItem, Rating, WatchProgress
from processing.services.foreground import process_folders

_PEOPLE = (
    "Ana Abel", "Ben Castro", "Chloé Dahl", "Dario Eriksen", "Elif Kaya", "Finn Møller", "Grace Okafor", "Hiro Sato",
)  # fmt: skip
_PLACES = ("Lisbon", "Oslo", "Kyoto", "Málaga", "Reykjavík", "Gdańsk")
_EVENTS = ("Arrival", "Market", "Boat trip", "Dinner", "Old town", "Farewell")
# What a person of this demo has labelled already, by place; the rest waits for triage.
_LABELLED = ("Lisbon", "Oslo", "Kyoto")


@dataclass(frozen=True, slots=True)
class Demo:
    """What there is now."""

    videos: int
    people: int
    tags: int
    folder: Path


def films() -> dict[str, Film]:
    """What is drawn, by path below the demo's folder: six trips of six films, of several shapes, codecs and lengths."""
    made: dict[str, Film] = {}
    for trip, place in enumerate(_PLACES):
        for number, event in enumerate(_EVENTS):
            people = tuple(_PEOPLE[(trip * 2 + number * step) % len(_PEOPLE)] for step in range(1, 2 + number % 3))
            is_upright = (trip + number) % 7 == 5
            film = Film(
                title=f"{event} in {place}",
                place=f"{place} {number // 2}",
                people=tuple(dict.fromkeys(people)),
                width=360 if is_upright else 640,
                height=640 if is_upright else 360,
                seconds=6 + (trip * 7 + number * 5) % 9,
                codec="hevc" if (trip + number) % 6 == 4 else "h264",
                with_sound=number != 4,
            )
            suffix = ("mp4", "mkv", "mov")[(trip + number) % 3]
            made[f"{2015 + trip} {place}/{number + 1:02d} {event}.{suffix}"] = film
    return made


def make_demo(*, folder: Path, user: User, say: Callable[[str], None]) -> Demo:
    """Draws the films that aren't there yet, takes the folder into the library and organises half of it.

    Besides the films lie a copy, a smaller version of one and a file that is no video, as in every real collection.
    Run again it draws and scans what is missing and changes nothing that was labelled. Raises LibraryError where the
    folder can't be registered, RuntimeError where FFmpeg can't draw.
    """
    plan = films()
    for number, (name, film) in enumerate(plan.items(), start=1):
        if not (folder / name).exists():
            say(f"Drawing {number} of {len(plan)}: {film.title}")
            make_film(folder / name, film)
    _add_doubles(folder, plan)
    say("Scanning and making pictures ...")
    targets = find_or_register_folder(path=str(folder))
    process_folders(targets, on_tick=lambda ended, known, is_scanning: None)
    registered = targets[0].folder
    if not Creator.objects.exists():
        say("Labelling half of it ...")
        _Curator(registered, plan, user).work()
        add_past(user=user, videos=list(Video.objects.filter(files__folder=registered).distinct()))
    return Demo(
        videos=Video.objects.filter(files__folder=registered).distinct().count(),
        people=Creator.objects.count(),
        tags=Tag.objects.count(),
        folder=folder,
    )


def _add_doubles(folder: Path, plan: dict[str, Film]) -> None:
    """A copy under another name, a smaller version of a film, and a file that only looks like a video."""
    extras = folder / "Unsorted"
    extras.mkdir(parents=True, exist_ok=True)
    names = list(plan)
    original = folder / names[6]
    copy = extras / f"copy of a market{original.suffix}"
    if not copy.exists():
        shutil.copyfile(original, copy)
    small = extras / "small version.mp4"
    if not small.exists():
        film = plan[names[0]]
        make_film(small, Film(film.title, film.place, film.people, 320, 180, film.seconds, with_sound=False))
    broken = extras / "broken download.mp4"
    if not broken.exists():
        broken.write_bytes(b"This was cut off before it began.\n" * 40)


class _Curator:
    """Does what a person does in an evening, each step a batch that can be undone."""

    def __init__(self, folder: Folder, plan: dict[str, Film], user: User) -> None:
        self.user = user
        self.plan = plan
        files = VideoFile.objects.filter(folder=folder, relative_path__in=plan).order_by("relative_path")
        self.videos = {file.relative_path: file.video_id for file in files if file.video_id}

    def work(self) -> None:
        """All of it, in the order that a person would."""
        self._title()
        self._tag()
        self._credit()
        self._name_studios()
        self._watch()

    def _of(self, *places: str) -> list[int]:
        return [video for name, video in self.videos.items() if any(f" {place}/" in name for place in places)]

    def _title(self) -> None:
        with change_batch(summary="Gave the films their titles", user=self.user):
            for name in self.videos:
                if any(f" {place}/" in name for place in _LABELLED):
                    film = self.plan[name]
                    description = f"{film.place.rsplit(' ', 1)[0]}, with {' and '.join(film.people)}."
                    Video.objects.filter(pk=self.videos[name]).update(title=film.title, description=description)

    def _tag(self) -> None:
        places = find_or_create_tag(name="Places", user=self.user).row
        events = find_or_create_tag(name="Events", user=self.user).row
        with change_batch(summary="Coloured the tags", user=self.user):
            Tag.objects.filter(pk=places.pk).update(color="#4F9D8C")
            Tag.objects.filter(pk=events.pk).update(color="#C58B3C")
        for place in _LABELLED:
            tag = find_or_create_tag(name=place, parent=places, user=self.user).row
            edit_tags(video_ids=self._of(place), add=[tag.pk], user=self.user)
        for event in _EVENTS:
            tag = find_or_create_tag(name=event, parent=events, user=self.user).row
            shown = [v for name, v in self.videos.items() if event in name and v in self._of(*_LABELLED)]
            edit_tags(video_ids=shown, add=[tag.pk], user=self.user)

    def _credit(self) -> None:
        for person in _PEOPLE:
            creator = find_or_create_creator(name=person, user=self.user).row
            self._picture(creator)
            shown = [v for name, v in self.videos.items() if person in self.plan[name].people]
            edit_credits(video_ids=set(shown) & set(self._of("Lisbon", "Oslo")), add=[creator.pk], user=self.user)
        add_alias(creator=Creator.objects.get(name="Ana Abel"), name="Anita", user=self.user)

    def _picture(self, creator: Creator) -> None:
        with change_batch(summary=f"Chose a picture of {creator}", user=self.user):
            picture = CreatorPicture(creator=creator, is_primary=True, source="upload")
            drawn = io.BytesIO()
            face(creator.name, 128).save(drawn, "PNG")
            picture.image.save("face.png", ContentFile(drawn.getvalue()), save=True)

    def _name_studios(self) -> None:
        outer = find_or_create_studio(name="Abel Family Films", user=self.user).row
        inner = find_or_create_studio(name="Abel on the Road", user=self.user).row
        move_studio(studio=inner, parent=outer, network=None, user=self.user)
        Studio.objects.filter(pk=outer.pk, short_name="").update(short_name="AFF")
        edit_studios(video_ids=self._of("Lisbon", "Oslo", "Kyoto"), add=[outer.pk], user=self.user)
        edit_studios(video_ids=self._of("Kyoto"), primary=inner.pk, user=self.user)

    def _watch(self) -> None:
        """Ratings, favourites, marks, plays and a playlist of a few evenings."""
        now, ids = timezone.now(), self._of(*_LABELLED)
        lengths = dict(Video.objects.filter(pk__in=ids).values_list("pk", "duration_seconds"))
        with change_batch(summary="Rated and marked what was watched", user=self.user):
            for number, video in enumerate(ids):
                when = now - timedelta(days=number, hours=3)
                if number % 2 == 0:
                    stars = Decimal(5 + number % 6) / 2
                    Rating.objects.create(user=self.user, video_id=video, stars=stars, rated_at=when)
                if number % 4 == 0:
                    Favorite.objects.create(user=self.user, video_id=video, added_at=when)
                    Marker.objects.create(user=self.user, video_id=video, start_seconds=2, label="Here they wave")
        _play(self.user, ids, lengths)
        with change_batch(summary="Made the playlist Best of the trips", user=self.user):
            playlist = Playlist.objects.create(user=self.user, name="Best of the trips")
            PlaylistItem.objects.bulk_create(
                PlaylistItem(playlist=playlist, video_id=video, position=place) for place, video in enumerate(ids[::3])
            )


def _play(user: User, video_ids: Sequence[int], lengths: dict[int, float | None]) -> None:
    now = timezone.now()
    for number, video in enumerate(video_ids[::2]):
        when, length = now - timedelta(days=number), lengths.get(video) or 8.0
        is_whole = number % 3 != 0
        PlayCount.objects.create(
            user=user, video_id=video, play_count=1 + number % 4, total_watch_seconds=length * (1 + number % 4),
            last_played_at=when, last_watched_at=when,
        )  # fmt: skip
        WatchProgress.objects.create(
            user=user, video_id=video, position_seconds=0 if is_whole else length / 2, duration_seconds=length,
            is_completed=is_whole, watched_at=when,
        )  # fmt: skip
