"""The storage of derived files in a bucket of Amazon S3 or of anything that speaks like it (MinIO, Garage, Ceph ...).

Loads boto3, so only the setting VIDEOTHEK_DERIVED_STORAGE=s3 makes a process import it.
"""

import contextlib
import functools
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import IO, Any
from urllib.parse import quote

import boto3
from botocore.client import BaseClient
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from django.core.files.base import File
from django.core.files.storage import Storage

from processing.exceptions import StorageUnavailableError
from processing.storage import FOREVER, content_type_of

_CHUNK_BYTES = 64 * 1024
# Larger ones are spooled to a temporary file when they are opened as a whole.
_IN_MEMORY_BYTES = 8 * 1024 * 1024
_GONE = frozenset({"404", "NoSuchKey", "NotFound"})


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer of the bucket to be passed on: status 200, 206 or 416, its headers, and the body in chunks."""

    status: int
    headers: Mapping[str, str]
    chunks: Iterator[bytes] = field(default_factory=lambda: iter(()))


class BucketStorage(Storage):
    """Files as objects under a prefix. Writing is one PUT: a reader sees the old object or the new one.

    Saving under a name that exists replaces it. `url` is Videothek's own address, which looks who asks; only
    `signed_url` leads to the bucket. Every method raises StorageUnavailableError when the bucket doesn't answer or
    refuses, FileNotFoundError where the object isn't there.
    """

    def __init__(
        self,
        *,
        bucket: str,
        prefix: str = "",
        endpoint: str = "",
        region: str = "",
        access_key: str = "",
        secret_key: str = "",
        base_url: str = "/derived/",
    ) -> None:
        self.bucket = bucket
        self.prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self.endpoint = endpoint
        self.region = region
        self._access_key = access_key
        self._secret_key = secret_key
        self.base_url = base_url
        self._client_of_process = functools.lru_cache(maxsize=1)(self._make_client)

    # ---- what Django asks of a storage ----------------------------------------------------------------------------
    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        return name

    def url(self, name: str | None) -> str:
        return self.base_url + quote(name or "")

    def exists(self, name: str) -> bool:
        try:
            self.size(name)
        except FileNotFoundError:
            return False
        return True

    def size(self, name: str) -> int:
        with self._told(name):
            return int(self._client.head_object(Bucket=self.bucket, Key=self._key(name))["ContentLength"])

    def get_modified_time(self, name: str) -> datetime:
        with self._told(name):
            head = self._client.head_object(Bucket=self.bucket, Key=self._key(name))
        moment: datetime = head["LastModified"]
        return moment

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        """Folders and files right below a folder. Raises FileNotFoundError when nothing is there."""
        start = self._key(f"{path.strip('/')}/" if path.strip("/") else "")
        folders: list[str] = []
        files: list[str] = []
        with self._told(path):
            pages = self._client.get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=self.bucket, Prefix=start, Delimiter="/"):
                folders += [one["Prefix"].removeprefix(start).rstrip("/") for one in page.get("CommonPrefixes", ())]
                files += [one["Key"].removeprefix(start) for one in page.get("Contents", ())]
        if not folders and not files:
            raise FileNotFoundError(f"{path} is not in the bucket {self.bucket}.")
        return folders, files

    def delete(self, name: str) -> None:
        with self._told(name):
            self._client.delete_object(Bucket=self.bucket, Key=self._key(name))

    def _open(self, name: str, mode: str = "rb") -> File:  # type: ignore[type-arg]
        if mode != "rb":
            raise ValueError("A derived file is opened for reading only; save() writes it.")
        with self._told(name):
            body = self._client.get_object(Bucket=self.bucket, Key=self._key(name))["Body"]
            target: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES)  # noqa: SIM115 (File closes it)
            with contextlib.closing(body):
                shutil.copyfileobj(body, target, _CHUNK_BYTES)
        target.seek(0)
        return File(target, name=name)

    def _save(self, name: str, content: File) -> str:  # type: ignore[type-arg]
        content.seek(0)
        with self._told(name):
            self._client.put_object(
                Bucket=self.bucket,
                Key=self._key(name),
                Body=content,
                ContentType=content_type_of(name) or "application/octet-stream",
                CacheControl=FOREVER,
            )
        return name

    # ---- what Videothek asks besides ------------------------------------------------------------------------------
    def names(self, prefix: str = "") -> Iterator[tuple[str, int]]:
        """Name and size in bytes of every file whose name begins so, in the order of the names. A thousand a trip."""
        pages = self._client.get_paginator("list_objects_v2")
        with self._told(prefix):
            for page in pages.paginate(Bucket=self.bucket, Prefix=self._key(prefix)):
                for entry in page.get("Contents", ()):
                    yield entry["Key"].removeprefix(self.prefix), entry["Size"]

    def fetch(self, name: str, byte_range: str = "") -> Fetched:
        """The file, or the part of it that a Range header asks for."""
        asked = {"Range": byte_range} if byte_range else {}
        try:
            with self._told(name, passing=("InvalidRange", "416")):
                answer = self._client.get_object(Bucket=self.bucket, Key=self._key(name), **asked)
        except ClientError:
            return Fetched(416, {"Content-Range": f"bytes */{self.size(name)}"})
        headers = {"Content-Length": str(answer["ContentLength"])}
        if "ContentRange" not in answer:
            return Fetched(200, headers, self._chunks(name, answer["Body"]))
        return Fetched(206, {**headers, "Content-Range": answer["ContentRange"]}, self._chunks(name, answer["Body"]))

    def signed_url(self, name: str, *, seconds: int) -> str:
        """An address at the bucket that anybody may read this one file at, for so long. Asks nobody."""
        params = {"Bucket": self.bucket, "Key": self._key(name)}
        return str(self._client.generate_presigned_url("get_object", Params=params, ExpiresIn=seconds))

    def _chunks(self, name: str, body: Any) -> Iterator[bytes]:
        with contextlib.closing(body), self._told(name):
            yield from body.iter_chunks(_CHUNK_BYTES)

    def _key(self, name: str) -> str:
        return f"{self.prefix}{name}"

    @property
    def _client(self) -> BaseClient:
        # A forked child must not share its parent's connections.
        return self._client_of_process(os.getpid())

    def _make_client(self, process: int) -> BaseClient:
        return boto3.session.Session().client(
            "s3",
            endpoint_url=self.endpoint or None,
            region_name=self.region or ("us-east-1" if self.endpoint else None),
            # Without keys boto3 looks where Amazon's tools keep them.
            aws_access_key_id=self._access_key or None,
            aws_secret_access_key=self._secret_key or None,
            config=Config(
                signature_version="s3v4",
                connect_timeout=5,
                read_timeout=30,
                max_pool_connections=32,
                retries={"mode": "standard", "total_max_attempts": 3},
                # Servers other than Amazon's know neither names as hosts nor the newer checksums.
                s3={"addressing_style": "path"} if self.endpoint else {},
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
        )

    @contextlib.contextmanager
    def _told(self, name: str, passing: tuple[str, ...] = ()) -> Iterator[None]:
        """Errors of boto3 become ours; those with a code in `passing` pass."""
        try:
            yield
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            if code in passing:
                raise
            if code in _GONE:
                raise FileNotFoundError(f"{name} is not in the bucket {self.bucket}.") from None
            raise StorageUnavailableError(
                f"The S3 storage refuses the bucket {self.bucket} ({code or 'unknown reason'}): check "
                "VIDEOTHEK_S3_BUCKET, the keys, and what they may do."
            ) from error
        except (BotoCoreError, HTTPClientError) as error:
            raise StorageUnavailableError(
                f"The S3 storage at {self.endpoint or 'Amazon'} can't be reached ({type(error).__name__}): check "
                "VIDEOTHEK_S3_ENDPOINT and the network."
            ) from error
