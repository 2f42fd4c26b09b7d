"""``GCSHook``: what DAG files do with Cloud Storage in functions of their own."""

from __future__ import annotations

import gzip as gzip_format
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from brisa.authoring.exceptions import AirflowException
from brisa.operators.google.base import listed
from brisa.operators.google.base_hook import GoogleBaseHook
from brisa.operators.google.errors import in_words
from brisa.operators.google.objects import check_retention, names, new_bucket, retain, rewrite

TIMEOUT = 60
"""Seconds for one request."""


class GCSHook(GoogleBaseHook):
    """Objects and buckets of Cloud Storage, over the official client (:meth:`get_conn`).

    ``num_max_attempts`` of Airflow's hook is accepted, and has no effect: the client repeats what is safe to repeat.
    """

    def get_conn(self) -> Any:
        """A client of :mod:`google.cloud.storage`."""
        return self.storage()

    def _blob(self, bucket_name: str, object_name: str, user_project: str | None = None, **options: Any) -> Any:
        return self.get_conn().bucket(bucket_name, user_project=user_project).blob(object_name, **options)

    def upload(
        self,
        bucket_name: str,
        object_name: str,
        filename: str | None = None,
        data: str | bytes | None = None,
        mime_type: str | None = None,
        gzip: bool = False,
        encoding: str = "utf-8",
        chunk_size: int | None = None,
        timeout: int | None = TIMEOUT,
        num_max_attempts: int = 1,
        metadata: Mapping[str, str] | None = None,
        cache_control: str | None = None,
        user_project: str | None = None,
    ) -> None:
        """Write an object: a file, or ``data``. What is there is overwritten."""
        if (filename is None) == (data is None):
            raise ValueError("give either filename or data")
        blob = self._blob(bucket_name, object_name, user_project, chunk_size=chunk_size)
        if metadata:
            blob.metadata = dict(metadata)
        if cache_control:
            blob.cache_control = cache_control
        with in_words(f"upload gs://{bucket_name}/{object_name}"):
            if filename is not None and not gzip:
                kind = mime_type or "application/octet-stream"
                blob.upload_from_filename(filename, content_type=kind, timeout=timeout)
                return
            kind = mime_type or ("text/plain" if filename is None else "application/octet-stream")
            content = Path(filename).read_bytes() if filename is not None else data
            content = content.encode(encoding) if isinstance(content, str) else content
            if gzip:
                blob.content_encoding = "gzip"
                content = gzip_format.compress(content or b"", mtime=0)
            blob.upload_from_string(content, content_type=kind, timeout=timeout)
        self.log.info("Uploaded gs://%s/%s", bucket_name, object_name)

    def download(
        self,
        bucket_name: str,
        object_name: str,
        filename: str | None = None,
        chunk_size: int | None = None,
        timeout: int | None = TIMEOUT,
        num_max_attempts: int | None = 1,
        user_project: str | None = None,
    ) -> str | bytes:
        """Read an object into the file ``filename`` (which is returned), or, without one, as bytes."""
        blob = self._blob(bucket_name, object_name, user_project, chunk_size=chunk_size)
        with in_words(f"download gs://{bucket_name}/{object_name}"):
            data: bytes = blob.download_as_bytes(timeout=timeout)
        if filename is None:
            return data
        Path(filename).write_bytes(data)
        return filename

    def download_as_byte_array(
        self,
        bucket_name: str,
        object_name: str,
        chunk_size: int | None = None,
        timeout: int | None = TIMEOUT,
        num_max_attempts: int | None = 1,
    ) -> bytes:
        """Read an object as bytes."""
        data = self.download(bucket_name, object_name, None, chunk_size, timeout)
        assert isinstance(data, bytes)  # noqa: S101  there was no filename
        return data

    @contextmanager
    def provide_file(
        self,
        bucket_name: str | None = None,
        object_name: str | None = None,
        object_url: str | None = None,
        dir: str | None = None,  # noqa: A002  Airflow's name
        user_project: str | None = None,
    ) -> Iterator[IO[bytes]]:
        """An object as a temporary file: of ``bucket_name`` and ``object_name``, or of a ``gs://`` address."""
        bucket, name = _place(bucket_name, object_name, object_url)
        with tempfile.NamedTemporaryFile(suffix=Path(name).name, dir=dir) as file:
            file.write(self._read(bucket, name, user_project))
            file.flush()
            file.seek(0)
            yield file

    @contextmanager
    def provide_file_and_upload(
        self,
        bucket_name: str | None = None,
        object_name: str | None = None,
        object_url: str | None = None,
        user_project: str | None = None,
    ) -> Iterator[IO[bytes]]:
        """A temporary file that becomes an object when the block ends without an error."""
        bucket, name = _place(bucket_name, object_name, object_url)
        with tempfile.NamedTemporaryFile(suffix=Path(name).name) as file:
            yield file
            file.flush()
            self.upload(bucket, name, filename=file.name, user_project=user_project)

    def _read(self, bucket: str, name: str, user_project: str | None) -> bytes:
        with in_words(f"download gs://{bucket}/{name}"):
            data: bytes = self._blob(bucket, name, user_project).download_as_bytes()
        return data

    def exists(self, bucket_name: str, object_name: str, retry: Any = None, user_project: str | None = None) -> bool:
        """Whether there is such an object."""
        options = {} if retry is None else {"retry": retry}
        with in_words(f"look for gs://{bucket_name}/{object_name}"):
            return bool(self._blob(bucket_name, object_name, user_project).exists(**options))

    def list(
        self,
        bucket_name: str,
        versions: bool | None = None,
        max_results: int | None = None,
        prefix: str | list[str] | None = None,
        delimiter: str | None = None,
        match_glob: str | None = None,
        user_project: str | None = None,
    ) -> list[str]:
        """Names of the objects with a prefix, or one of several; ``delimiter`` keeps those that end with it."""
        if versions:
            raise AirflowException("GCSHook.list knows no versions; take get_conn().list_blobs(…, versions=True)")
        found = names(self.get_conn(), bucket_name, listed(prefix), delimiter, match_glob, user_project)
        return found[:max_results]

    def delete(self, bucket_name: str, object_name: str, ignore_error: bool = False) -> None:
        """Remove an object, which has to be there, unless ``ignore_error``."""
        try:
            with in_words(f"delete gs://{bucket_name}/{object_name}"):
                self._blob(bucket_name, object_name).delete()
        except AirflowException as error:
            if not ignore_error:
                raise
            self.log.warning("%s", error)

    def copy(
        self,
        source_bucket: str,
        source_object: str,
        destination_bucket: str | None = None,
        destination_object: str | None = None,
    ) -> None:
        """As :meth:`rewrite`; what is left out of the destination is as in the source."""
        self.rewrite(source_bucket, source_object, destination_bucket or source_bucket, destination_object)

    def rewrite(
        self,
        source_bucket: str,
        source_object: str,
        destination_bucket: str,
        destination_object: str | None = None,
        retain_until_time: datetime | None = None,
        retention_mode: str | None = None,
    ) -> None:
        """Copy an object of any size, and protect the copy ``retain_until_time``."""
        check_retention(retain_until_time, retention_mode)
        client = self.get_conn()
        target_name = destination_object or source_object
        if (source_bucket, source_object) == (destination_bucket, target_name):
            raise ValueError(f"gs://{source_bucket}/{source_object} can't be copied to itself")
        source = client.bucket(source_bucket).blob(source_object)
        target = client.bucket(destination_bucket).blob(target_name)
        with in_words(f"copy gs://{source_bucket}/{source_object} to gs://{destination_bucket}/{target_name}"):
            rewrite(source, target)
            retain(target, retain_until_time, retention_mode)

    def compose(self, bucket_name: str, source_objects: Sequence[str], destination_object: str) -> None:
        """Write one object that is the others, one after the other."""
        bucket = self.get_conn().bucket(bucket_name)
        with in_words(f"compose gs://{bucket_name}/{destination_object}"):
            bucket.blob(destination_object).compose([bucket.blob(name) for name in source_objects])

    def get_bucket(self, bucket_name: str) -> Any:
        """The client's bucket; nothing is asked."""
        return self.get_conn().bucket(bucket_name)

    def create_bucket(
        self,
        bucket_name: str,
        resource: Mapping[str, Any] | None = None,
        storage_class: str = "MULTI_REGIONAL",
        location: str = "US",
        project_id: str | None = None,
        labels: Mapping[str, str] | None = None,
    ) -> str | None:
        """Make a bucket, which must not be there yet; its id."""
        client = self.storage(project_id)
        bucket = new_bucket(client, bucket_name, resource, storage_class, labels)
        with in_words(f"create the bucket gs://{bucket_name}"):
            client.create_bucket(bucket, location=location)
        made: str | None = bucket.id
        return made

    def get_size(self, bucket_name: str, object_name: str) -> int | None:
        """Bytes."""
        size: int | None = self._found(bucket_name, object_name).size
        return size

    def get_md5hash(self, bucket_name: str, object_name: str) -> str | None:
        """The MD5 of the content, in Base64."""
        found: str | None = self._found(bucket_name, object_name).md5_hash
        return found

    def get_metadata(self, bucket_name: str, object_name: str) -> dict[str, str] | None:
        """The object's own metadata."""
        found: dict[str, str] | None = self._found(bucket_name, object_name).metadata
        return found

    def get_blob_update_time(self, bucket_name: str, object_name: str) -> datetime:
        """When the object was last written."""
        found: datetime = self._found(bucket_name, object_name).updated
        return found

    def is_updated_after(self, bucket_name: str, object_name: str, ts: datetime) -> bool:
        """Whether the object was last written after ``ts``; one without a time zone is UTC."""
        updated = self.get_blob_update_time(bucket_name, object_name)
        return updated > (ts if ts.tzinfo else ts.replace(tzinfo=updated.tzinfo))

    def _found(self, bucket_name: str, object_name: str) -> Any:
        with in_words(f"look at gs://{bucket_name}/{object_name}"):
            blob = self.get_conn().bucket(bucket_name).get_blob(object_name)
        if blob is None:
            raise AirflowException(f"gs://{bucket_name}/{object_name} does not exist")
        return blob


def _place(bucket_name: str | None, object_name: str | None, object_url: str | None) -> tuple[str, str]:
    if object_url is not None:
        bucket, _, name = object_url.removeprefix("gs://").partition("/")
        if not object_url.startswith("gs://") or not bucket or not name:
            raise AirflowException(f"{object_url!r} is no object: expected gs://bucket/object")
        return bucket, name
    if not bucket_name or not object_name:
        raise AirflowException("give bucket_name and object_name, or object_url")
    return bucket_name, object_name
