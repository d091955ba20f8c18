"""Every index serves a statement that the product sends: EXPLAIN says so, on a library with thousands of rows.

The planner is left alone, and reading the index's table whole besides is a failure too.
"""

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models.functions import MD5
from django.test import Client
from django.utils import timezone
from pgvector.django import CosineDistance

from faces.models import FaceCluster, FaceDetection, FaceLook, FaceTrack, PhotoSearch
from faces.queries.videos import people_in, reports_of
from faces.services.naming import keep_primary
from faces.services.photo_search import remove_old_photo_searches
from importers.models import ImportRun
from importers.queries.origin import origins_of
from importers.queries.rows import rows_of
from importers.services.finishing import conflicts_of, waiting_chunks
from importers.services.watching import _last_import
from library import queries
from library.admin.audit import events_of
from library.admin.scans import with_scans
from library.filters import Condition, Group
from library.filters.registry import get_facet
from library.models import (
    AuditEvent,
    ChangeBatch,
    DuplicatePair,
    Folder,
    OldPath,
    Rejection,
    ScanLog,
    Suggestion,
    Tag,
    TriageAnswer,
    Upload,
    User,
    Video,
    VideoFile,
    VideoTag,
)
from library.queries.triage import answers_of, load_pace
from library.queries_history import latest_undoable
from library.services import breaker, bulk_edit, logins, saved_searches
from library.services.duplicates.candidates import candidates_for
from library.services.duplicates.looks import load_looks
from library.services.duplicates.verdicts import open_pairs
from library.services.merging import merge
from library.services.missing import missing_videos
from library.services.purge import purge_due
from library.services.tags import find_tag
from library.services.tokens import purge_tokens, tokens_of
from library.services.triage.leases import give_back
from library.services.triage.queues import find_queue
from library.services.triage.serving import next_videos
from library.services.videos import remuxes_of, twins_of
from library.sorting import sort_of
from people.models import Creator, CreatorProfile, Credit, Studio, VideoStudio
from people.queries import list_creators, list_studios, people_of
from people.services.creators import find_creator
from people.services.studios import find_studio
from playback.homepage import Section
from playback.models import Marker, PlaybackSession, PlayCount, Playlist, SharedStream, ShareLink, StreamSession, Watch
from playback.queries_home import home_rows
from playback.queries_related import related_videos
from playback.queries_watching import active_sessions, activity, continued_ids, history_page
from playback.services.clips import remove_old_clips
from playback.services.sessions import forget_old_sessions, stop_idle_sessions
from processing.models import DeadLetter, Job, Preset
from processing.queries.conversions import saved_by_week
from processing.queries.pace import stage_paces
from processing.queries.work import current_work
from processing.services import claim, reconcile
from processing.services.conversions import forecast, leftovers
from processing.services.conversions.batches import begin_batch
from processing.services.letters import resolve_letter
from processing.services.stage_settings import load_config, save_config
from processing.services.submit import submit_jobs
from tests.config.data_model import read_catalogue
from tests.library.crowd import make_crowd
from tests.library.plans import plans_of

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@dataclass(slots=True)
class Library:
    """Rows that the cases ask for."""

    owner: User
    viewer: User
    quiet: User
    client: Client
    video: Video
    file: VideoFile
    folder: Folder
    tag: Tag
    creator: Creator
    studio: Studio

    def get(self, address: str) -> None:
        assert self.client.get(address).status_code == 200

    def videos(self, facet: str, operator: str, value: Any, *, sort: str = "newest") -> None:
        """The first page of a filtered list and its count."""
        wish = Group("all", (Condition(facet, operator, value),))
        queries.list_videos(filter=wish, user=self.owner, sort=sort_of(sort))
        queries.count_videos(filter=wish, user=self.owner)

    def beside(self) -> None:
        """What goes with a video."""
        file = queries.find_video(self.video.pk)
        assert file is not None and related_videos(file, user=self.viewer)

    def choose(self, facet: str, text: str) -> None:
        """The choices that begin with a text."""
        find = get_facet(facet).find
        assert find is not None and find(text, 10)

    def sorted(self, sort: str) -> None:
        """Two pages of the library in an order."""
        page = queries.list_videos(sort=sort_of(sort), user=self.owner)
        queries.list_videos(sort=sort_of(sort), user=self.owner, after=queries.Cursor.decoded(page.next_cursor or ""))


@pytest.fixture(scope="module")
def seeded(new_tables: None, django_db_blocker: Any) -> Iterator[Library]:
    """One library for all tests of the module, in a transaction that is taken back."""
    with django_db_blocker.unblock():
        with transaction.atomic():
            owner = make_crowd()
            client = Client()
            client.force_login(owner)
            yield Library(
                owner=owner,
                viewer=User.objects.get(username="viewer3"),
                quiet=User.objects.get(username="viewer29"),
                client=client,
                video=Video.objects.order_by("pk")[500],
                file=VideoFile.objects.exclude(packet_hash="").order_by("pk")[20],
                folder=Folder.objects.get(name="F3"),
                tag=VideoTag.objects.order_by("-tag_id")[0].tag,
                creator=Credit.objects.order_by("-creator_id")[100].creator,
                studio=VideoStudio.objects.filter(studio__trashed_at=None).order_by("-studio_id")[0].studio,
            )
            transaction.set_rollback(True)
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")


@pytest.fixture
def library(seeded: Library, db: None) -> Library:
    return seeded


_LEDGER = "/admin/processing/stagerecord/"
Case = tuple[str, Callable[[Library], Any]]

SERVED: list[Case] = [
    ("library_video_newest", lambda one: one.sorted("newest")),
    ("library_video_newest", lambda one: one.sorted("oldest")),
    ("library_video_title", lambda one: one.sorted("title")),
    ("library_video_title", lambda one: one.sorted("title-desc")),
    ("library_video_duration", lambda one: one.sorted("longest")),
    ("library_video_size", lambda one: one.sorted("smallest")),
    ("library_video_views", lambda one: one.sorted("most-viewed")),
    ("library_video_recorded", lambda one: one.sorted("recorded")),
    ("library_video_released", lambda one: one.sorted("released")),
    ("library_video_missing", lambda one: list(missing_videos()[:50])),
    ("library_video_trashed", lambda one: purge_due()),
    ("library_video_corrupted", lambda one: one.videos("corrupted", "is", True)),
    ("library_video_hdr", lambda one: queries.count_videos(filter=Group("all", (Condition("hdr", "is", True),)))),
    ("library_text_document", lambda one: queries.list_videos(text="volcano")),
    (
        "library_text_untagged",
        lambda one: queries.select_videos(filter=Group("all", (Condition("tag", "empty", None),))),
    ),
    ("library_video_title", lambda one: queries.list_videos(text="volcano", sort=sort_of("title"))),
    ("library_file_content", lambda one: twins_of(one.file)),
    ("library_file_packets", lambda one: remuxes_of(one.file)),
    ("library_file_full_hash", lambda one: _candidates(one)),
    ("library_file_phash_bands", lambda one: _candidates(one)),
    ("library_file_phash_length", lambda one: _candidates(one)),
    ("library_signature_frames", lambda one: _candidates(one)),
    ("library_signature_keyframes", lambda one: _candidates(one)),
    ("library_pair_second", lambda one: _candidates(one)),
    ("library_file_unready", lambda one: queries.list_unreadable()),
    ("library_file_unready", lambda one: current_work()),
    ("library_file_missing", lambda one: one.get("/admin/library/videofile/?missing=yes")),
    ("library_file_trashed", lambda one: purge_due()),
    ("library_tag_trashed", lambda one: purge_due()),
    ("people_creator_trashed", lambda one: purge_due()),
    ("people_studio_trashed", lambda one: purge_due()),
    ("library_pair_sure", lambda one: list(open_pairs()[:50])),
    ("library_pair_open", lambda one: list(open_pairs().filter(kind="exact")[:50])),
    ("library_pair_wasted", lambda one: list(open_pairs().order_by("-wasted_bytes", "-pk")[:50])),
    ("library_scan_latest", lambda one: list(with_scans(Folder.objects.in_library()))),
    ("library_scan_latest", lambda one: breaker._last_of(ScanLog(pk=0, folder=one.folder), [""])),
    ("library_scan_held", lambda one: breaker.close_older(ScanLog(pk=0, folder=one.folder))),
    ("library_tag_folded", lambda one: one.choose("tag", "rare 77")),
    ("library_tag_name_prefix", lambda one: find_tag("Rare 77")),
    ("library_tag_alias_prefix", lambda one: find_tag("Word 77")),
    ("library_videotag_of_tag", lambda one: one.videos("tag", "any", [one.tag.pk])),
    ("library_metadata_key", lambda one: one.videos("note", "named", "note 7")),
    ("library_tag_alias_folded", lambda one: one.choose("tag", "word 77")),
    ("people_creator_name", lambda one: find_creator("Nobody Known")),
    ("people_creator_folded", lambda one: one.choose("creator", one.creator.name)),
    ("people_alias_folded", lambda one: one.choose("creator", "known as 77")),
    ("people_studio_folded", lambda one: one.choose("studio", "small 777")),
    ("people_studio_alias_fold", lambda one: one.choose("studio", "company 77")),
    ("people_creator_name", lambda one: list_creators()),
    ("people_alias_prefix", lambda one: find_creator("Known as 77")),
    ("people_studio_name", lambda one: find_studio("Small 77")),
    ("people_studio_name", lambda one: list_studios()),
    ("people_studio_alias", lambda one: find_studio("Company 77")),
    ("people_credit_of_creator", lambda one: one.videos("creator", "any", [str(one.creator.public_id)])),
    ("people_videostudio_of", lambda one: one.videos("studio", "exact", [str(one.studio.public_id)])),
    ("people_creatorstudio_of", lambda one: people_of(one.studio)),
    ("people_externalid_lookup", lambda one: one.videos("known_by", "any", ["nowhere"])),
    ("playback_rating_of_user", lambda one: one.videos("rating", "gte", 5, sort="rating")),
    ("playback_progress_latest", lambda one: one.sorted("watched")),
    ("playback_favorite_of_user", lambda one: home_rows(one.viewer, [Section("a", "liked")])),
    ("playback_watch_history", lambda one: history_page(one.viewer)),
    ("playback_watch_history", lambda one: activity(one.viewer, days=30)),
    ("playback_session_active", lambda one: stop_idle_sessions()),
    ("playback_session_active", lambda one: list(active_sessions()[:50])),
    ("playback_session_started", lambda one: forget_old_sessions()),
    ("library_videotag_of_tag", lambda one: one.beside()),
    ("people_credit_of_creator", lambda one: one.beside()),
    ("playback_tally_of_user", lambda one: one.videos("tally", "gte", 38)),
    ("playback_plays_most", lambda one: one.videos("plays", "gte", 89)),
    ("playback_markertag_of_tag", lambda one: _merge(one)),
    ("library_audit_kind", lambda one: one.get("/admin/library/auditevent/?kind__exact=purge")),
    ("library_audit_user", lambda one: events_of(one.quiet)),
    ("library_audit_account", lambda one: events_of(one.quiet)),
    ("library_batch_of_user", lambda one: latest_undoable(one.owner)),
    ("library_bulkedit_draft", lambda one: bulk_edit.begin_bulk_edit(user=one.owner, video_ids=[one.video.pk])),
    ("library_session_of_user", lambda one: one.get("/account/")),
    ("library_logincounter_key", lambda one: logins.unlock(name="name7")),
    ("library_savedsearch_name", lambda one: saved_searches.list_searches(one.owner)),
    ("library_savedsearch_shared", lambda one: saved_searches.list_searches(one.owner)),
    ("library_savedsearch_public_id_key", lambda one: saved_searches.find_search(one.owner, uuid.uuid4())),
    ("processing_job_claim", lambda one: claim.claim_next(queue="media", worker="here:1")),
    ("processing_job_of_stage", lambda one: _claim_of_some_stages()),
    ("processing_job_finished", lambda one: stage_paces()),
    ("processing_job_finished", lambda one: reconcile.purge_history()),
    (
        "processing_record_unwell",
        lambda one: one.get("/admin/processing/stagerecord/?status__exact=failed&stage=frames"),
    ),
    (
        "processing_stagerecord_one",
        lambda one: submit_jobs(stage="frames", target_ids=[one.file.pk], mode="missing"),
    ),
    ("processing_letter_status", lambda one: _old_letters()),
    ("processing_letter_error", lambda one: _letters_of_one_kind()),
    ("processing_deadletter_one_open", lambda one: resolve_letter(Job.objects.order_by("pk")[0])),
    ("processing_job_lease", lambda one: reconcile.release_dead()),
    ("processing_job_target", lambda one: reconcile.submit_due_scans()),
    ("processing_job_one_active", lambda one: submit_jobs(stage="frames", target_ids=[one.file.pk])),
    ("processing_job_status", lambda one: one.get("/admin/processing/job/?status__exact=failed")),
    ("processing_job_folder", lambda one: claim.claim_in_folders(queues=["media"], folder_ids=[1], worker="here:1")),
    ("processing_check_verified", lambda one: one.videos("verified", "before", _months_ago())),
    ("processing_finding_code", lambda one: one.videos("problem", "any", ["bit_rot"])),
    ("processing_finding_problem", lambda one: one.videos("problem_severity", "any", ["critical"])),
    ("processing_finding_problem", lambda one: one.videos("problems", "is", True)),
    ("processing_conversion_state", lambda one: one.get("/admin/processing/conversion/?status__exact=failed")),
    ("processing_conversion_saved", lambda one: saved_by_week(weeks=3)),
    ("processing_conversion_part", lambda one: leftovers.remove_leftovers()),
    (
        "processing_conversion_one_active",
        lambda one: _forecast(one),
    ),
    ("processing_batch_draft", lambda one: begin_batch(video_ids=[one.video.pk], user=one.owner)),
    ("library_file_place", lambda one: one.videos("path", "under", "shelf 7")),
    ("library_token_of_user", lambda one: list(tokens_of(one.quiet)[:9])),
    ("library_token_revoked", lambda one: purge_tokens()),
    ("library_token_expiry", lambda one: purge_tokens()),
    ("library_upload_of_user", lambda one: list(Upload.objects.filter(user=one.quiet).order_by("-pk")[:9])),
    ("library_upload_unfinished", lambda one: _uploads_left_alone()),
    ("playback_sharelink_of_owner", lambda one: list(ShareLink.objects.filter(owner=one.quiet).order_by("-pk")[:9])),
    ("playback_sharedstream_asked", lambda one: _streams_now()),
    ("playback_session_running", lambda one: list(StreamSession.objects.filter(state="running").order_by("run_id"))),
    ("playback_session_latest", lambda one: list(StreamSession.objects.order_by("-started_at")[:50])),
    ("library_triageanswer_latest", lambda one: answers_of(one.viewer, find_queue("all", one.viewer))),
    (
        "library_triageanswer_video",
        lambda one: next_videos(user=one.owner, queue=find_queue("all", one.owner), count=3),
    ),
    ("library_triageanswer_parts", lambda one: TriageAnswer.objects.filter(part_of=1).count()),
    ("library_triageanswer_pace", lambda one: load_pace(days=2)),
    ("library_triagelease_of_user", lambda one: give_back(user=one.quiet, queue="all")),
    ("people_creator_by_name", lambda one: one.get("/admin/people/creator/")),
    ("people_studio_by_name", lambda one: one.get("/admin/people/studio/")),
    ("library_rejection_once", lambda one: _rejections(one)),
    ("faces_track_of_video", lambda one: people_in(one.video.pk)),
    ("faces_track_of_creator", lambda one: _named_as(one)),
    ("faces_track_pending", lambda one: _waiting_faces()),
    ("faces_detection_of_video", lambda one: reports_of([one.video.pk])),
    ("faces_reference_of_creator", lambda one: keep_primary([one.creator.pk])),
    ("faces_cluster_by_reach", lambda one: _farthest_reaching()),
    ("faces_photosearch_expired", lambda one: remove_old_photo_searches()),
    ("importers_run_source", lambda one: _last_import("goonhub", "place 77")),
    ("importers_row_of_run", lambda one: list(rows_of(_import(), table="table 3", outcome="merged")[:50])),
    ("importers_row_object", lambda one: origins_of("library.video", one.video.pk)),
    ("importers_row_waiting", lambda one: next(waiting_chunks(_import()))),
    ("importers_row_conflicts", lambda one: conflicts_of(_import())),
    (
        "importers_planned_of_run",
        lambda one: list(rows_of(_import(is_dry=True), table="table 3", outcome="merged")[:50]),
    ),
    ("faces_look_undone", lambda one: list(FaceLook.objects.filter(state="waiting").order_by("id")[:50])),
]


# What no service asks yet: the statements are those of an admin filter, and of the pages and importers to come.
COMING: list[Case] = [
    ("library_suggestion_inbox", lambda one: list(Suggestion.objects.open().order_by("-confidence", "id")[:50])),
    ("library_suggestion_about", lambda one: _inbox_of(one)),
    ("library_suggestion_of_video", lambda one: list(Suggestion.objects.open().filter(video=one.video))),
    ("library_suggestion_answered", lambda one: _answers_about(one)),
    ("library_rejection_of", lambda one: _rejections_of(one)),
    ("faces_photosearch_of_user", lambda one: list(PhotoSearch.objects.filter(user=one.quiet).order_by("-pk")[:9])),
    ("faces_detection_similar", lambda one: _nearest(_similar_faces)),
    ("library_audit_time", lambda one: list(AuditEvent.objects.filter(created_at__gte=_tomorrow())[:50])),
    (
        "library_pair_decided",
        lambda one: list(DuplicatePair.objects.exclude(verdict="open").order_by("-decided_at", "-pk")[:50]),
    ),
    ("library_batch_newest", lambda one: list(ChangeBatch.objects.order_by("-created_at", "pk")[:50])),
    ("library_oldpath_path", lambda one: list(OldPath.objects.alias(key=MD5("path")).filter(key="0" * 32))),
    ("people_profile_username", lambda one: list(CreatorProfile.objects.filter(platform=1, username="name7"))),
    ("playback_marker_label", lambda one: list(Marker.objects.filter(user=one.viewer, label="Label 7"))),
    ("playback_marker_of_user", lambda one: list(Marker.objects.filter(user=one.quiet).order_by("-pk")[:9])),
    ("playback_clipexport_made", lambda one: remove_old_clips()),
    ("playback_marker_of_video", lambda one: list(Marker.objects.filter(user=one.viewer, video=one.video))),
    ("playback_plays_latest", lambda one: list(PlayCount.objects.filter(video=one.video).order_by("-last_played_at"))),
    ("playback_playlist_public", lambda one: list(Playlist.objects.filter(visibility="public").order_by("name")[:9])),
    (
        "playback_session_of_user",
        lambda one: list(PlaybackSession.objects.filter(user=one.quiet).order_by("-started_at")[:9]),
    ),
    (
        "playback_watch_newest",
        lambda one: list(Watch.objects.filter(user=one.viewer, video=one.video).order_by("-watched_at")[:1]),
    ),
]
# The admin counts people and studios beside their lists, and adds up all conversions.
COUNTED_WHOLE = {"people_creator_by_name", "people_studio_by_name", "processing_conversion_state"}


def _rejections(one: Library) -> None:
    """What was rejected about the faces of some videos, before they are compared."""
    list(Rejection.objects.filter(video__in=[one.video.pk], kind="creator", provider__in=["", "faces"]))


def _rejections_of(one: Library) -> None:
    """What of a person was rejected: what a merge moves."""
    list(Rejection.objects.filter(kind="creator", object_id=one.creator.pk))


def _inbox_of(one: Library) -> None:
    rows = Suggestion.objects.open().filter(provider="faces", kind="creator", object_id=one.creator.pk)
    list(rows.order_by("-confidence")[:50])


def _answers_about(one: Library) -> None:
    rows = Suggestion.objects.filter(provider="faces", kind="creator", object_id=one.creator.pk)
    rows.filter(state="accepted").count()


def _named_as(one: Library) -> None:
    """The moments of a person, video by video: those of a page."""
    list(FaceTrack.objects.filter(creator=one.creator).order_by("creator", "video").values_list("pk")[:50])


def _waiting_faces() -> None:
    list(FaceTrack.objects.pending().order_by("pk").values_list("pk", flat=True)[:500])


def _farthest_reaching() -> None:
    list(FaceCluster.objects.filter(is_hidden=False).order_by("-video_count", "id")[:50])


def _nearest(run: Callable[[], Any]) -> None:
    """Of a thousand vectors it is cheaper to sort all than to walk the graph; what counts is that it can be walked."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_sort = off")
    run()


def _similar_faces() -> None:
    """What finding by a face asks."""
    vector = FaceDetection.objects.order_by("pk")[0].embedding
    list(FaceDetection.objects.order_by(CosineDistance("embedding", vector)).values_list("pk")[:10])


def _claim_of_some_stages() -> None:
    """Something is off, so the claim looks at each of the other stages by itself."""
    config = load_config("duplicates")
    config.is_enabled = False
    save_config(config)
    claim.claim_next(queue="media", worker="here:1")


def _old_letters() -> None:
    """Letters that nobody looked at for a week: what the scheduler asks for each hour."""
    old = timezone.now() - timedelta(days=7)
    list(DeadLetter.objects.filter(status="pending_review", failed_at__lt=old).order_by("-failed_at", "-pk")[:50])


def _letters_of_one_kind() -> None:
    list(DeadLetter.objects.open().filter(stage="frames", error_class="Error10"))


def _uploads_left_alone() -> None:
    """Those that a crash left waiting: what the scheduler asks for every few minutes."""
    old = timezone.now() - timedelta(minutes=2)
    list(Upload.objects.filter(status="received", last_received_at__lt=old).order_by())


def _streams_now() -> None:
    """Those that count for the limits."""
    SharedStream.objects.filter(last_asked_at__gt=timezone.now() - timedelta(seconds=30)).count()


def _tomorrow() -> datetime:
    return timezone.now() + timedelta(days=1)


def _months_ago() -> str:
    return f"{timezone.now() - timedelta(days=200):%Y-%m-%d}"


def _candidates(one: Library) -> None:
    candidates_for(load_looks([one.file.pk])[one.file.pk])


def _forecast(one: Library) -> None:
    forecast(preset=Preset.objects.get(key="720p_av1"), video_ids=[one.video.pk])


def _merge(one: Library) -> None:
    merge("tag", keep=one.tag, others=[Tag.objects.order_by("-pk")[170]], user=one.owner)


def _import(*, is_dry: bool = False) -> ImportRun:
    """The one with the most rows, as it was tried or done."""
    run = ImportRun.objects.order_by("pk")[0]
    run.is_dry_run = is_dry
    return run


def _table_of(index: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT indrelid::regclass::text FROM pg_index WHERE indexrelid = %s::regclass", [index])
        return str(cursor.fetchone()[0])


_ALL = [*SERVED, *COMING]


@pytest.mark.parametrize(("index", "run"), _ALL, ids=[f"{index}-{n}" for n, (index, _) in enumerate(_ALL)])
def test_an_index_serves_its_statement(library: Library, index: str, run: Callable[[Library], Any]) -> None:
    plans = plans_of(lambda: run(library))

    assert index in plans.indexes, str(plans)
    assert index in COUNTED_WHOLE or _table_of(index) not in plans.read_whole, str(plans)


def test_what_the_history_and_continue_watching_ask_reads_no_table_whole(library: Library) -> None:
    plans = plans_of(lambda: (history_page(library.viewer), continued_ids(library.viewer, limit=50)))

    assert plans.read_whole == set(), str(plans)


def test_without_the_index_the_table_is_read_whole(library: Library) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; DROP INDEX library_video_title")

    assert "library_video" in plans_of(lambda: library.sorted("title")).read_whole


def test_no_index_is_without_a_statement(library: Library) -> None:
    named = {name for table in read_catalogue().tables.values() for name in table.indexes}

    assert named - {index for index, _ in _ALL} == set()


def test_no_index_only_repeats_the_beginning_of_another(library: Library) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_REPEATED, [list(read_catalogue().tables)])
        assert [row for row in cursor.fetchall() if "_user_groups" not in row[0] and "_permissions" not in row[0]] == []


# Whole, plain B-trees whose columns are the first ones of another whole B-tree of the table.
_REPEATED = """
SELECT one.indexrelid::regclass::text, other.indexrelid::regclass::text
  FROM pg_index AS one JOIN pg_index AS other ON other.indrelid = one.indrelid AND other.indexrelid <> one.indexrelid
  JOIN pg_class AS class ON class.oid = one.indexrelid JOIN pg_class AS its ON its.oid = other.indexrelid
 WHERE one.indrelid::regclass::text = ANY (%s) AND NOT one.indisunique AND class.relam = its.relam
   AND one.indpred IS NULL AND other.indpred IS NULL AND one.indexprs IS NULL AND one.indclass[0] = other.indclass[0]
   AND one.indnkeyatts = one.indnatts AND other.indkey::text || ' ' LIKE one.indkey::text || ' %%'
"""
