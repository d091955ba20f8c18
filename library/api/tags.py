"""Tags: a tree of words that videos carry."""

from typing import Any

from django.db.models import Q, QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from library.api.answers import AliasesSerializer, DoneSerializer, IdsSerializer, done
from library.api.base import ApiView
from library.api.rows import RowsView, RowView, VersionedSerializer, find_row, write
from library.counting import count_of
from library.models import Tag, TagAlias, VideoTag
from library.models.names import key_of
from library.services.merging import merge
from library.services.tags import TagNode, find_or_create_tag, move_tag, reorder_tags, similar_tags, tag_tree
from library.services.trash import trash

ADD, CHANGE, DELETE = (f"library.{verb}_tag" for verb in ("add", "change", "delete"))
LOOK = "library.view_video"


class TagSerializer(VersionedSerializer):
    """A tag. `parent` is the id of the tag that it lies below; null for a root."""

    parent = serializers.PrimaryKeyRelatedField(queryset=Tag.objects.in_use(), allow_null=True, required=False)
    aliases = serializers.SlugRelatedField[TagAlias](many=True, read_only=True, slug_field="name")
    video_count = serializers.IntegerField(read_only=True)

    class Meta:
        model = Tag
        fields = [
            "id", "version", "name", "parent", "color", "description", "position", "aliases", "video_count",
            "created_at", "updated_at",
        ]  # fmt: skip
        # The database and the service say in a sentence what is taken.
        validators: list[Any] = []


class TagNodeSerializer(serializers.Serializer[Any]):
    """A tag in the tree, with those below it."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    color = serializers.CharField()
    video_count = serializers.IntegerField(help_text="Of its own videos.")
    total_count = serializers.IntegerField(help_text="With those of tags below it.")
    children = serializers.ListField(child=serializers.DictField(), help_text="The same, below.")


def tags() -> QuerySet[Tag]:
    """Tags in use, with what their serializer reads."""
    return Tag.objects.in_use().annotate(video_count=count_of(VideoTag, "tag")).prefetch_related("aliases")


@extend_schema_view(get=extend_schema(parameters=[OpenApiParameter("q", str, description="Beginning of a name.")]))
class Tags(RowsView):
    """Every tag, by name."""

    required_permissions = {"GET": (LOOK,), "POST": (LOOK, ADD)}
    serializer_class = TagSerializer
    noun = "tag"
    ordering = ("name", "pk")

    def rows(self) -> QuerySet[Any]:
        text = self.request.query_params.get("q", "").strip().replace("\0", "")
        return tags().filter(Q(name_key__startswith=key_of(text))) if text else tags()

    def make(self, values: dict[str, Any]) -> Tag:
        parent = values.get("parent")
        twins = Tag.objects.filter(parent=parent, name_key=key_of(values["name"]))
        tag = Tag(**values)
        # One of the name may lie in the trash: it comes back.
        if twins.exclude(trashed_at=None).exists():
            tag = find_or_create_tag(name=values["name"], parent=parent, user=self.account).row
            write(tag, values)
        else:
            tag.full_clean()
            tag.save()
        return tag


class TagDetail(RowView):
    """One tag."""

    required_permissions = {"GET": (LOOK,), "PATCH": (LOOK, CHANGE), "DELETE": (LOOK, DELETE)}
    serializer_class = TagSerializer
    noun = "tag"

    def rows(self) -> QuerySet[Any]:
        return tags()

    def find(self, key: Any, *, is_locking: bool = False) -> Any:
        return find_row(Tag.objects.in_use() if is_locking else tags(), key, noun="tag", is_locking=is_locking)

    def change(self, row: Any, values: dict[str, Any]) -> None:
        if "parent" in values:
            parent = values.pop("parent")
            if parent != row.parent:
                move_tag(tag=row, parent=parent, user=self.account)
        write(row, values)

    def remove(self, row: Any) -> None:
        """Into the trash."""
        trash(kind="tag", ids=[row.pk], user=self.account)


class TagTree(ApiView):
    """The tree."""

    required_permissions = (LOOK,)

    @extend_schema(responses=TagNodeSerializer(many=True))
    def get(self, request: Request) -> Response:
        """All tags as a tree, with numbers of videos, which may be a minute old; of more than 5,000 the others are left
        out."""
        return Response([_node(node) for node in tag_tree()])


def _node(node: TagNode) -> dict[str, Any]:
    return {
        "id": node.tag.pk,
        "name": node.tag.name,
        "color": node.tag.color,
        "video_count": node.video_count,
        "total_count": node.total_count,
        "children": [_node(child) for child in node.children],
    }


class TagAliases(ApiView):
    required_permissions = {"POST": (LOOK, CHANGE)}

    @extend_schema(request=AliasesSerializer, responses=TagSerializer)
    def post(self, request: Request, tag_id: int) -> Response:
        """Other words for a tag: search and find-or-create know them."""
        values = self.body(AliasesSerializer)
        with self.changing() as batch:
            tag = find_row(Tag.objects.in_use(), tag_id, noun="tag", is_locking=True)
            batch.summary = f"Changed the other words for the tag {tag}"
            edit_aliases(tag.aliases, values, tag=tag)
        return Response(TagSerializer(tags().get(pk=tag.pk)).data)


def edit_aliases(aliases: Any, values: dict[str, list[str]], **owner: Any) -> None:
    """Adds names that the owner doesn't have yet, and takes others away."""
    for name in values.get("remove", []):
        aliases.filter(name_key=key_of(name)).delete()
    for name in values.get("add", []):
        if not aliases.filter(name_key=key_of(name)).exists():
            row = aliases.model(**owner, name=name)
            row.full_clean()
            row.save()


class TagMerge(ApiView):
    required_permissions = {"POST": (LOOK, CHANGE, DELETE)}

    @extend_schema(request=IdsSerializer, responses=DoneSerializer)
    def post(self, request: Request, tag_id: int) -> Response:
        """Merges the tags `ids` into this one: their videos, aliases, rules and what lies below them."""
        ids = self.body(IdsSerializer)["ids"]
        keep = find_row(Tag.objects.in_use(), tag_id, noun="tag")
        others = [find_row(Tag.objects.in_use(), one, noun="tag") for one in dict.fromkeys(ids[:100])]
        with self.changing() as batch:
            merge("tag", keep=keep, others=others, user=self.account)
        return Response(done(len(others), batch.summary, batch))


class TagOrder(ApiView):
    required_permissions = {"POST": (LOOK, CHANGE)}

    @extend_schema(request=IdsSerializer, responses=DoneSerializer)
    def post(self, request: Request) -> Response:
        """Gives siblings the order of `ids`."""
        ids = self.body(IdsSerializer)["ids"]
        with self.changing() as batch:
            reorder_tags(tag_ids=ids, user=self.account)
        return Response(done(len(ids), batch.summary or "They were in that order.", batch))


class SimilarSerializer(serializers.Serializer[Any]):
    """One that may be meant."""

    id = serializers.IntegerField(source="pk")
    name = serializers.CharField()


class TagsSimilar(ApiView):
    required_permissions = (LOOK,)

    @extend_schema(responses=SimilarSerializer(many=True), parameters=[OpenApiParameter("name", str, required=True)])
    def get(self, request: Request) -> Response:
        """Tags that may be meant by `name`: case, accents, spaces or a letter or two differ. Ask before making one."""
        name = request.query_params.get("name", "")[:100].replace("\0", "")
        return Response(SimilarSerializer(similar_tags(name), many=True).data)
