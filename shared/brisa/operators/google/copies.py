"""Files and objects from one place to another."""

from __future__ import annotations

import gzip
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from glob import glob
from pathlib import Path
from typing import Any

from brisa.authoring.exceptions import AirflowException
from brisa.operators.google.base import GoogleOperator, listed
from brisa.operators.google.errors import in_words
from brisa.operators.google.objects import check_retention, names, retain, rewrite

Context = Mapping[str, Any]


class LocalFilesystemToGCSOperator(GoogleOperator):
    """Uploads local files: ``src`` is a path or glob, or a list of paths; ``dst`` an object, or a prefix ending in
    ``/`` (needed for several files). What is there is overwritten, so repeating it changes nothing."""

    template_fields: Sequence[str] = ("src", "dst", "bucket", "gcp_conn_id", "impersonation_chain")

    def __init__(
        self,
        *,
        src: str | list[str],
        dst: str,
        bucket: str,
        mime_type: str = "application/octet-stream",
        gzip: bool = False,
        chunk_size: int | None = None,
        invalid_cert_ok: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.src = src
        self.dst = dst
        self.bucket = bucket
        self.mime_type = mime_type
        self.gzip = gzip
        self.chunk_size = chunk_size
        self.invalid_cert_ok = invalid_cert_ok

    def execute(self, context: Context) -> list[str]:
        """Upload; the names of the objects."""
        files = self._files()
        folder = self.dst.endswith("/") or not self.dst
        if len(files) > 1 and not folder:
            raise AirflowException(f"{len(files)} files can't all become gs://{self.bucket}/{self.dst}: end dst with /")
        bucket = self.storage().bucket(self.bucket)
        done = []
        for file in files:
            name = self.dst + file.name if folder else self.dst
            blob = bucket.blob(name, chunk_size=self.chunk_size)
            self.log.info("Uploading %s to gs://%s/%s", file, self.bucket, name)
            with in_words(f"upload {file} to gs://{self.bucket}/{name}"):
                if self.gzip:
                    blob.content_encoding = "gzip"
                    blob.upload_from_string(gzip.compress(file.read_bytes(), mtime=0), content_type=self.mime_type)
                else:
                    blob.upload_from_filename(str(file), content_type=self.mime_type)
            done.append(name)
        return done

    def _files(self) -> list[Path]:
        sources = listed(self.src)
        found = []
        for source in sources:
            matches = sorted(glob(source)) if isinstance(self.src, str) else [source]  # noqa: PTH207  as given
            found += [Path(match) for match in matches]
        missing = [str(file) for file in found if not file.is_file()]
        if missing or not found:
            raise AirflowException(f"no such file: {', '.join(missing or sources)}")
        return found


class GCSToLocalFilesystemOperator(GoogleOperator):
    """Downloads one object to the file ``filename``, or with ``store_to_xcom_key`` into XCom."""

    template_fields: Sequence[str] = (
        "bucket",
        "object_name",
        "filename",
        "store_to_xcom_key",
        "file_encoding",
        "gcp_conn_id",
        "impersonation_chain",
    )

    def __init__(
        self,
        *,
        bucket: str,
        object_name: str | None = None,
        filename: str | None = None,
        store_to_xcom_key: str | None = None,
        file_encoding: str = "utf-8",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if (filename is None) == (store_to_xcom_key is None):
            raise ValueError("give either filename or store_to_xcom_key")
        self.bucket = bucket
        self.object_name = object_name
        self.filename = filename
        self.store_to_xcom_key = store_to_xcom_key
        self.file_encoding = file_encoding

    def execute(self, context: Context) -> None:
        """Download."""
        blob = self.storage().bucket(self.bucket).blob(self.object_name)
        with in_words(f"download gs://{self.bucket}/{self.object_name}"):
            data: bytes = blob.download_as_bytes()
        if self.filename is not None:
            path = Path(self.filename)
            part = path.with_name(f"{path.name}.part")  # nobody sees half a file under its own name
            part.write_bytes(data)
            part.replace(path)
        else:
            context["ti"].xcom_push(key=self.store_to_xcom_key, value=data.decode(self.file_encoding))


class GCSToGCSOperator(GoogleOperator):
    """Copies (``move_object``: moves) objects within Cloud Storage.

    ``source_object`` or each of ``source_objects`` is an object, a prefix, or has one ``*``, as in Airflow:

    - one object and a ``destination_object``: that is its new name, or, if it ends in ``/``, its new folder;
    - several: ``destination_object`` takes the place of the prefix before the ``*`` or, for a prefix, of that prefix;
    - no ``destination_object``: the names stay.

    ``replace=False`` leaves out objects that the destination has; ``exact_match`` takes a name for nothing but that
    object; ``match_glob`` and ``delimiter`` (an ending) choose among those with a prefix. Copies are protected until
    ``retain_until_time``, where ``retention_mode`` is ``Unlocked`` or ``Locked``.
    """

    template_fields: Sequence[str] = (
        "source_bucket",
        "source_object",
        "source_objects",
        "destination_bucket",
        "destination_object",
        "delimiter",
        "match_glob",
        "gcp_conn_id",
        "impersonation_chain",
    )

    def __init__(
        self,
        *,
        source_bucket: str,
        source_object: str | None = None,
        source_objects: list[str] | None = None,
        destination_bucket: str | None = None,
        destination_object: str | None = None,
        delimiter: str | None = None,
        move_object: bool = False,
        replace: bool = True,
        last_modified_time: Any = None,
        maximum_modified_time: Any = None,
        is_older_than: float | None = None,
        source_object_required: bool = False,
        exact_match: bool = False,
        match_glob: str | None = None,
        retain_until_time: datetime | None = None,
        retention_mode: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_retention(retain_until_time, retention_mode)
        if source_object is not None and source_objects is not None:
            raise ValueError("give source_object or source_objects, not both")
        self.source_bucket = source_bucket
        self.source_object = source_object
        self.source_objects = source_objects
        self.destination_bucket = destination_bucket
        self.destination_object = destination_object
        self.delimiter = delimiter
        self.move_object = move_object
        self.replace = replace
        self.last_modified_time = last_modified_time
        self.maximum_modified_time = maximum_modified_time
        self.is_older_than = is_older_than
        self.source_object_required = source_object_required
        self.exact_match = exact_match
        self.match_glob = match_glob
        self.retain_until_time = retain_until_time
        self.retention_mode = retention_mode

    def execute(self, context: Context) -> list[str]:
        """Copy; the destinations as ``gs://`` addresses."""
        client = self.storage()
        target = self.destination_bucket or self.source_bucket
        done = []
        for source in listed(self.source_objects if self.source_object is None else self.source_object) or [""]:
            pairs = self._pairs(client, source)
            if not pairs and self.source_object_required:
                raise AirflowException(f"gs://{self.source_bucket}/{source} does not exist")
            for name, new_name in pairs:
                if self._copy(client, name, target, new_name):
                    done.append(f"gs://{target}/{new_name}")
        return done

    def _pairs(self, client: Any, source: str) -> list[tuple[str, str]]:
        """(name, new name) of each object that ``source`` stands for."""
        if source.count("*") > 1:
            raise AirflowException(f"source object {source!r}: only one * is supported")
        destination = self.destination_object
        before, star, after = source.partition("*")
        found = names(client, self.source_bucket, [before], after or self.delimiter, self.match_glob)
        if star:
            return [(name, name if destination is None else destination + name[len(before) :]) for name in found]
        if source in found and (self.exact_match or len(found) == 1 or not source.endswith("/")):
            found = [source]
        elif self.exact_match:
            return []
        if found == [source] and source:
            if destination is not None and destination.endswith("/"):
                return [(source, destination + source.rpartition("/")[2])]
            return [(source, source if destination is None else destination)]
        return [(name, name if destination is None else destination + name[len(source) :]) for name in found]

    def _copy(self, client: Any, name: str, target: str, new_name: str) -> bool:
        """Copy one object; whether it was in question at all."""
        from google.api_core.exceptions import PreconditionFailed

        source = client.bucket(self.source_bucket).blob(name)
        blob = client.bucket(target).blob(new_name)
        if not self._in_time(source):
            return False
        doing = f"copy gs://{self.source_bucket}/{name} to gs://{target}/{new_name}"
        # Without replace the copy makes the object or does nothing, also when two copy at the same time. (Emulators
        # ignore the precondition, hence the look before.)
        condition = {} if self.replace else {"if_generation_match": 0}
        try:
            if not self.replace and blob.exists():
                raise PreconditionFailed("it exists")  # type: ignore[no-untyped-call]  # annotated in part
            self.log.info("%s", doing)
            with in_words(doing):
                rewrite(source, blob, **condition)
        except (AirflowException, PreconditionFailed) as error:
            if not isinstance(error.__cause__ or error, PreconditionFailed):
                raise
            self.log.info("gs://%s/%s exists: left as it is", target, new_name)
            return False
        with in_words(f"retain gs://{target}/{new_name}"):
            retain(blob, self.retain_until_time, self.retention_mode)
        if self.move_object:
            with in_words(f"delete gs://{self.source_bucket}/{name}"):
                source.delete()
        return True

    def _in_time(self, source: Any) -> bool:
        """Whether the object was last written within the limits that were asked for."""
        if not (self.last_modified_time or self.maximum_modified_time or self.is_older_than):
            return True
        with in_words(f"look at gs://{self.source_bucket}/{source.name}"):
            source.reload()
        written: datetime = source.updated
        after, before = (
            moment if moment is None or moment.tzinfo else moment.replace(tzinfo=UTC)
            for moment in (self.last_modified_time, self.maximum_modified_time)
        )
        old_enough = self.is_older_than is None or datetime.now(UTC) - written > timedelta(seconds=self.is_older_than)
        return (after is None or written > after) and (before is None or written < before) and old_enough
