"""`manage.py face_stats`: how far the faces are, and how often matching is right."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from faces.models import FaceSettings
from faces.queries.report import CreatorFaces, FaceStats, face_stats
from faces.services.accuracy import precision_curve

_SHOWN = 20


class Command(BaseCommand):
    requires_system_checks = ()
    help = "Counts faces, names and answers, with the share of right proposals for each person."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="As JSON, for programs.")

    def handle(self, *args: Any, **options: Any) -> None:
        stats, settings = face_stats(), FaceSettings.load()
        curve = precision_curve()
        if options["json"]:
            facts = {
                "counts": stats.counts,
                "model": {"name": stats.model.name, "version": stats.model.version} if stats.model else None,
                "creators": [_as_json(row) for row in stats.creators],
                "accuracy": {
                    "answers": curve.answers,
                    "is_enough": curve.is_enough,
                    "points": [asdict(point) for point in curve.points],
                },
                "match_threshold": settings.match_threshold,
                "auto_tag_threshold": settings.auto_tag_threshold,
            }
            self.stdout.write(json.dumps(facts))
            return
        self._tell(stats)
        if curve.is_enough:
            point = min(curve.points, key=lambda one: abs(one.threshold - settings.auto_tag_threshold))
            self.stdout.write(
                f"At {point.threshold:.2f}, from where people are named without asking, matching was right in "
                f"{point.precision:.1%} of {point.answers:,} cases and finds {point.recall:.0%} of the faces you named."
            )
        else:
            self.stdout.write(f"{curve.answers} answers are too few to tell how often matching is right.")

    def _tell(self, stats: FaceStats) -> None:
        for name, count in stats.counts.items():
            self.stdout.write(f"{name.replace('_', ' '):<22} {count:>10,}")
        for row in stats.creators[:_SHOWN]:
            right = (
                f", {row.precision:.0%} of {row.accepted + row.rejected:,} proposals right"
                if row.precision is not None
                else ""
            )
            self.stdout.write(f"{row.creator}: {row.videos:,} videos, {row.references:,} references{right}")
        if len(stats.creators) > _SHOWN:
            self.stdout.write(f"... and {len(stats.creators) - _SHOWN:,} more people.")


def _as_json(row: CreatorFaces) -> dict[str, Any]:
    return {
        "creator": str(row.creator),
        "public_id": str(row.creator.public_id),
        "references": row.references,
        "tracks": row.tracks,
        "videos": row.videos,
        "accepted": row.accepted,
        "rejected": row.rejected,
        "precision": row.precision,
    }
