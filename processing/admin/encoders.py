"""What encodes on which machine, as it was proven."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from library import words
from library.admin.base import ReadOnlyAdmin
from library.admin.columns import badge, sentence, two_lines, when
from processing.media.encode.catalogue import FAMILY_TITLES, Family
from processing.models import EncoderProof
from processing.models.conversion import ProofKind
from processing.services.submit import MANUAL, submit_jobs


@admin.register(EncoderProof)
class EncoderProofAdmin(ReadOnlyAdmin):
    list_before_template = "admin/processing/encoderproof/overview.html"
    list_display = ["names", "what", "state", "why", "tried"]
    list_display_links = None
    sortable_by: list[str] = []
    list_filter = ["host", "kind", "is_proven"]
    show_facets = admin.ShowFacets.NEVER
    list_fullwidth = True
    empty_sentence = "Nothing was tried yet. It happens before the first conversion, or now by the button above."
    fields = ["host", "names", "what", "state", "why", "program", "tried", "command"]
    readonly_fields = ["names", "what", "state", "why", "tried"]

    def has_prove_permission(self, request: HttpRequest) -> bool:
        """Whether the user may have the encoders tried: processing.convert_video."""
        user: Any = request.user
        return bool(user.has_perm("processing.convert_video"))

    @admin.display(description="Name")
    def names(self, proof: EncoderProof) -> SafeString:
        return two_lines(
            proof.name, f"on {proof.host}", reverse("admin:processing_encoderproof_change", args=(proof.pk,))
        )

    @admin.display(description="What it does")
    def what(self, proof: EncoderProof) -> SafeString:
        verb = "encodes" if proof.kind == ProofKind.ENCODER else "decodes"
        return two_lines(f"{FAMILY_TITLES[Family(proof.family)]}", f"{verb} {words.codec(proof.codec)}")

    @admin.display(description="State")
    def state(self, proof: EncoderProof) -> SafeString:
        if not proof.is_proven:
            return badge("Doesn't work", "calm")
        return badge("Works, HDR too" if proof.has_ten_bit else "Works", "ok")

    @admin.display(description="Why not")
    def why(self, proof: EncoderProof) -> SafeString | str:
        return sentence(proof.reason)

    @admin.display(description="Tried")
    def tried(self, proof: EncoderProof) -> SafeString | str:
        return when(proof.proven_at)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_POST(self.prove_view))
        return [path("prove/", view, name="processing_encoderproof_prove"), *super().get_urls()]

    def prove_view(self, request: HttpRequest) -> HttpResponse:
        """POST: has the worker that converts try all encoders."""
        if not self.has_prove_permission(request):
            raise PermissionDenied
        submit_jobs(stage="encoders", target_ids=[0], priority=MANUAL, requested_by_id=request.user.pk)
        messages.success(request, "The next free worker that converts tries the encoders; look again in a while.")
        return HttpResponseRedirect(reverse("admin:processing_encoderproof_changelist"))

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        context = {
            "title": "Encoders",
            "machines": _machines(list(EncoderProof.objects.filter(kind=ProofKind.ENCODER))),
            "may_prove": self.has_prove_permission(request),
        }
        return super().changelist_view(request, {**context, **(extra_context or {})})  # type: ignore[no-any-return]


def _machines(encoders: list[EncoderProof]) -> list[tuple[str, str, bool]]:
    """(host, what encodes there in a sentence, whether it is hardware)."""
    machines = []
    for host in sorted({proof.host for proof in encoders}):
        working = {Family(p.family) for p in encoders if p.host == host and p.is_proven}
        hardware = [FAMILY_TITLES[family] for family in Family if family in working and family is not Family.SOFTWARE]
        if hardware:
            text = f"Conversions run on {' and '.join(hardware)}, in software where that fails."
        elif working:
            text = "Nothing encodes in hardware here: conversions run in software, which takes long."
        else:
            text = "Nothing encodes here at all: look at the reasons below."
        machines.append((host, text, bool(hardware)))
    return machines
