"""A folder as its owner types it."""

from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget, UnfoldBooleanSwitchWidget

from library.models import Folder
from library.paths import decode_path, encode_path
from library.services.disks import MARKER_NAME


class FolderForm(forms.ModelForm):  # type: ignore[type-arg]
    """The name may be left out, the path must be there; it is typed once, and changed on a page of its own."""

    globs = forms.CharField(
        label="Left out",
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3, "placeholder": "*.tmp.mp4\nExtras/**"}),
        help_text="One pattern a line; case doesn't count. Without a slash it is for names anywhere, with one it "
        "counts from the folder; ** is any number of folders. What is known and left out now counts as missing; its "
        "history stays.",
    )
    has_marker = forms.BooleanField(
        label="Keep a marker file in it",
        required=False,
        widget=UnfoldBooleanSwitchWidget,
        help_text=f"Writes the small file {MARKER_NAME} into the folder. Where it is not found, the disk counts as "
        "away and nothing is marked missing.",
    )

    class Meta:
        model = Folder
        fields = ["path", "name", "kind", "is_default", "is_active", "is_auto_scanned"]
        fields += ["scan_interval_minutes", "watch_mode", "looks_for_faces"]
        widgets = {"path": UnfoldAdminTextInputWidget(attrs={"placeholder": "/media/videos"})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        folder = self.instance
        if "globs" in self.fields:
            self.initial["globs"] = "\n".join(folder.exclude_globs)
        if "has_marker" in self.fields:
            self.initial["has_marker"] = bool(folder.sentinel)
        for name in {"kind", "watch_mode"} & self.fields.keys():
            # Not sent, as by a script, they stay as they are.
            self.fields[name].required = False
        if "scan_interval_minutes" in self.fields:
            self.fields["scan_interval_minutes"].help_text = "Empty: as the library settings say. 0: never."
        if folder._state.adding and "name" in self.fields:
            self.fields["name"].required = False
            self.fields["name"].help_text = "How the folder is called on the pages; left empty, by its own name."

    def clean_path(self) -> str:
        """The stored form of what was typed."""
        typed: str = self.cleaned_data["path"].strip()
        return encode_path(typed) if decode_path(typed) == typed else typed

    def clean_globs(self) -> str:
        """The patterns go to the folder, without empty lines."""
        typed: str = self.cleaned_data["globs"]
        self.instance.exclude_globs = [line.strip() for line in typed.splitlines() if line.strip()]
        return typed

    def clean_is_default(self) -> bool:
        """There is always one default folder; it is written by its service."""
        wanted: bool = self.cleaned_data["is_default"]
        if self.instance.is_default and not wanted:
            raise forms.ValidationError("Make another folder the default one; then this is none any more.")
        return wanted

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if self.instance._state.adding and cleaned and not cleaned.get("name"):
            cleaned["name"] = (cleaned.get("path") or "").rstrip("/").rpartition("/")[2] or "/"
        if cleaned and cleaned.get("path"):
            self._check_place(cleaned["path"])
        return cleaned

    def _get_validation_exclusions(self) -> set[str]:
        # For a moment the form has two default folders.
        return {*super()._get_validation_exclusions(), "is_default"}  # type: ignore[misc]

    def _post_clean(self) -> None:
        was_default = self.instance.is_default
        super()._post_clean()  # type: ignore[misc]
        # Set by `make_default`, after the one that was the default folder.
        self.instance.is_default = was_default

    def _check_place(self, path: str) -> None:
        """The database refuses the same path too; here it is a sentence beside the field."""
        for other in Folder.objects.in_library().exclude(pk=self.instance.pk):
            if path.rstrip("/") == other.path.rstrip("/"):
                self.add_error("path", "That folder is in the library already.")
            elif path.startswith(other.path.rstrip("/") + "/"):
                self.add_error("path", f"This lies in the folder {other.shown_path}, which the library has already.")
