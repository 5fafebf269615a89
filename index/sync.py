"""Make the index equal to a folder.

Three steps, each of which compares what is with what should be, so a sync that was killed is
finished by the next one: the folder with the catalog's documents, the catalog's passages with its
vectors, the catalog's vectors with Chroma's.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from threading import Event

from index import readers
from index.catalog import Catalog
from index.document import UnreadableFile
from index.embeddings import Embeddings
from index.encoding import Encoder, EncodingAhead
from index.folder import FoundFile, scan, sha256_of, unsettled
from index.reading import Reading, Unfinished
from index.rows import FileState
from index.types import Embedder, IndexUnusable, NothingToRead, Progress, Skipped, SyncReport
from index.vectors import VectorIndex

# Raise it when a reader or the splitter changes what it returns: every file is read again, and
# only texts that came out differently are embedded again.
PIPELINE = 6

_FOLDER = "folder"  # in the catalog's state: where its documents are

Report = Callable[[Progress], None]


def sync(
    catalog: Catalog,
    embeddings: Embeddings,
    vectors: VectorIndex,
    embedder: Embedder,
    folder: Path,
    data: Path,
    progress: Report,
    allow_empty: bool = False,
) -> SyncReport:
    """Bring catalog, embeddings and vectors in line with ``folder``; ``data`` is left out of it.

    If nothing that can be read is left in the folder, the documents are kept, and a remark says
    so, unless ``allow_empty``: an empty folder is more often a disk that is not there. Another
    folder than the last one is another collection: a remark says what went.

    While it runs, documents already stored are found by their words; those not yet embedded are
    not found by meaning.

    Raises:
        FileNotFoundError: if there is no ``folder``.
        NotADirectoryError: if it is not a folder.
        NothingToRead: if it is another folder than the last one, and empty, unless
            ``allow_empty``; what was asked of it must not be answered from the last one.
    """
    started = time.perf_counter()
    remarks = _remarks(embeddings)
    with EncodingAhead(Encoder(embeddings, vectors, embedder)) as ahead:
        report = _read_changes(catalog, folder, data, progress, ahead, allow_empty)
    report.remarks += remarks
    encoder = Encoder(embeddings, vectors, embedder)
    report.embedded = ahead.encoded + _embed_missing(embeddings.missing(), encoder, progress)
    if vectors.behind:
        vectors.publish(lambda done, total: progress(Progress("writing", done, total)))
    embeddings.drop_orphans()
    report.passages = len(catalog)
    report.seconds = time.perf_counter() - started
    return report


def _read_changes(
    catalog: Catalog,
    folder: Path,
    data: Path,
    progress: Report,
    ahead: EncodingAhead,
    allow_empty: bool,
) -> SyncReport:
    """Make the catalog's documents equal to the files in ``folder``."""
    found, skipped = scan(folder, readers.SUFFIXES, leave_out=data)
    here, before = _path(folder), catalog.state(_FOLDER)
    moved = before not in (None, here)
    documents = 0 if found or allow_empty else len(catalog.documents())
    if documents and before and moved:
        raise NothingToRead(folder, before, _documents(documents), data)
    if documents:
        return SyncReport(skipped=skipped, kept=documents, remarks=[_kept(folder, documents)])
    with Reading() as reading:
        changes = _Changes(catalog, {file.source for file in found}, reading, ahead)
        changes.report.skipped += skipped
        changes.report.remarks += changes.remarks()
        for done, file in enumerate(found):
            progress(Progress("reading", done, len(found), file.source))
            changes.take(file)
    changes.finish()
    if before != here:
        catalog.set_state(_FOLDER, here)
    if moved and changes.report.deleted:
        changes.report.remarks.append(_replaced(before, folder, len(changes.report.deleted)))
    progress(Progress("reading", len(found), len(found)))
    return changes.report


def _path(folder: Path) -> str:
    """Where the folder is, as text; a path need not be UTF-8."""
    return os.fsencode(folder.resolve()).decode("utf-8", "backslashreplace")


class _Changes:
    """The differences between the catalog and a folder, settled one file at a time."""

    def __init__(
        self, catalog: Catalog, sources: set[str], reading: Reading, ahead: EncodingAhead
    ) -> None:
        self.report = SyncReport()
        self._ahead = ahead
        self._reading = reading
        self._catalog = catalog
        self._known = catalog.files()
        self._touched: list[FileState] = []
        self._left = self._known.keys() - sources
        self._gone = {  # by content: what a new file may be a new name of
            self._known[source][0].file_hash: self._known[source][0]
            for source in sorted(self._left)
            if self._known[source][1] is None
        }

    def remarks(self) -> list[str]:
        """Say so if the files are read anew although they did not change."""
        if all(state.pipeline == PIPELINE for state, _ in self._known.values()):
            return []
        return ["Footnote reads files differently since last time: every file is read anew."]

    def take(self, file: FoundFile) -> None:
        """Bring the catalog in line with one file, and report what became of it."""
        try:
            self._take(file)
        except (sqlite3.Error, IndexUnusable):
            raise
        except Exception as error:  # whatever is wrong with one file, the others go in
            if file.source in self._known:
                self._catalog.remove(file.source)
            self._lose(_explained(file.source, error))

    def finish(self) -> None:
        """Forget files that are gone and note new times of those that only were touched."""
        for source in sorted(self._left):
            self._catalog.remove(source)
            if self._known[source][1] is None:
                self.report.deleted.append(source)
        if self._touched:
            self._catalog.touch(self._touched)

    def _take(self, file: FoundFile) -> None:
        known, skipped = self._known.get(file.source, (None, None))
        state = _state(file, known)
        again = skipped and readers.worth_another_try(skipped.reason)
        if known and not again and _same(state, known):
            self._unchanged(state, known, skipped)
        elif known is None and self._was_renamed(state):
            self.report.renamed.append(file.source)
        elif self._read(file, state):
            indexed = known is not None and skipped is None
            (self.report.changed if indexed else self.report.added).append(file.source)

    def _unchanged(self, state: FileState, known: FileState, skipped: Skipped | None) -> None:
        if state != known:
            self._touched.append(state)
        if skipped:
            self.report.skipped.append(skipped)
        else:
            self.report.unchanged.append(state.source)

    def _was_renamed(self, state: FileState) -> bool:
        """Give a document that is gone its new name, if this is it and is read the same way."""
        old = self._gone.get(state.file_hash)
        if old is None or old.pipeline != state.pipeline or _suffix(old) != _suffix(state):
            return False
        self._catalog.rename(old.source, state)
        del self._gone[state.file_hash]
        self._left.discard(old.source)
        return True

    def _read(self, file: FoundFile, state: FileState) -> bool:
        """Store the document a file holds; one that cannot be read is remembered as such."""
        try:
            document, spans = self._reading.read(file.path)
        except UnreadableFile as error:
            if isinstance(error, Unfinished) or unsettled(file):  # it may be read the next time
                raise
            skipped = _explained(file.source, error)
            self._catalog.skip(state, skipped.reason, skipped.remedy)
            self._lose(skipped)
            return False
        self._catalog.put(state, document, spans)
        self._ahead.add(len(spans))
        return True

    def _lose(self, skipped: Skipped) -> None:
        """Report a file that is not in the index, and whether it was."""
        self.report.skipped.append(skipped)
        if self._known.get(skipped.source, (None, skipped))[1] is None:
            self.report.deleted.append(skipped.source)


def _state(file: FoundFile, known: FileState | None) -> FileState:
    """The file's state now; its bytes are not read where size and time say they are as before."""
    if known and file.mtime_ns != -1 and (known.size, known.mtime_ns) == (file.size, file.mtime_ns):
        file_hash = known.file_hash
    else:
        file_hash = sha256_of(file.path)
    return FileState(file.source, file_hash, file.size, file.mtime_ns, PIPELINE)


def _same(state: FileState, known: FileState) -> bool:
    return (state.file_hash, state.pipeline) == (known.file_hash, known.pipeline)


def _suffix(state: FileState) -> str:
    return Path(state.source).suffix.lower()


def _explained(source: str, error: Exception) -> Skipped:
    if isinstance(error, UnreadableFile):
        return Skipped(source, error.reason, error.remedy)
    if isinstance(error, FileNotFoundError):
        return Skipped(source, "it was removed while it was being indexed", "index again")
    if isinstance(error, PermissionError):
        return Skipped(source, "reading it is not allowed", "change its permissions")
    reason = f"reading it failed ({type(error).__name__}: {str(error)[:200]})"
    return Skipped(source, reason, "open it, save it again and index again")


def _embed_missing(total: int, encoder: Encoder, progress: Report) -> int:
    """Embed every text that has no vector yet, ``total`` of them, and publish the vectors."""
    done = 0

    def tell(texts: int) -> None:
        nonlocal done
        done += texts
        progress(Progress("embedding", done, total))

    while total and encoder.encode_window(tell, stop=Event()):
        pass
    return done


def _replaced(before: str | None, folder: Path, documents: int) -> str:
    return (
        f"The index is now that of {folder}. Taken out of it, not off the disk: "
        f"{_documents(documents)} of {before}, whose index it was. To have both, give each folder "
        "a data folder of its own with --data."
    )


def _documents(number: int) -> str:
    return "1 document" if number == 1 else f"{number:,} documents"


def _kept(folder: Path, documents: int) -> str:
    return (
        f"There is nothing to read in {folder}, so what is indexed was kept "
        f"({_documents(documents)}): is its disk there? If the files are gone for "
        "good, `footnote index --allow-empty` forgets them."
    )


def _remarks(embeddings: Embeddings) -> list[str]:
    others = embeddings.other_models()
    if not others:
        return []
    return [
        f"The embedding model changed from {', '.join(others)} to {embeddings.model}: "
        "every passage is embedded anew."
    ]
