"""Files are read in a child process that nothing a file holds can hang, crash or swell."""

import os
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
from readers_files import pdf

from index import readers
from index import reading as reading_module
from index.document import UnreadableFile
from index.reading import Reading, Unfinished
from index.splitter import split

ROOT = Path(__file__).parents[1]

# A reader that does what its file says: the only one that a test can make misbehave at will.
MISBEHAVING = """
import os, time
from index.document import Document
from index.readers import allowance

kept = []

def parse(data):
    exec(data.decode())
    return Document("It was read.")
"""


@pytest.fixture
def misbehaving(tmp_path, monkeypatch):
    """``.run`` files, in child processes only, are Python that is run."""
    (tmp_path / "misbehaving.py").write_text(MISBEHAVING)
    (tmp_path / "sitecustomize.py").write_text(
        "from index import readers\n"
        "import index.readers, sys\n"
        f"index.readers.__path__.append({str(tmp_path)!r})\n"
        "readers.FORMATS['.run'] = readers.Format('test', 'misbehaving', 10**6)\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))

    def write(name: str, code: str) -> Path:
        (tmp_path / name).write_text(code)
        return tmp_path / name

    return write


@pytest.fixture
def reading():
    with Reading(seconds=1.0, memory=400_000_000) as reading:
        yield reading


@pytest.fixture
def impatient(monkeypatch):
    """By the clock a file may take little longer than it may compute."""
    monkeypatch.setattr(reading_module, "_STARTING", 1.0)


def ends(pid):
    """Whether a process, of which we are not the parent, ends within 20 seconds."""
    for _ in range(400):
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except OSError:
            return True
        time.sleep(0.05)
    return False


def refusal(reading, path):
    with pytest.raises(UnreadableFile) as refused:
        reading.read(path)
    return refused.value


def test_a_file_is_read_as_in_this_process(reading, tmp_path):
    path = tmp_path / "a.pdf"
    path.write_bytes(pdf("# Title\n\nA paragraph of words.", "Another page."))
    document, passages = reading.read(path)
    assert document == readers.read(path)
    assert passages == split(document)


def test_refusals_come_through(reading, tmp_path):
    (tmp_path / "empty.md").write_bytes(b"")
    (tmp_path / "none.md").write_text("\u00a0\n")
    for name, reason in [("empty.md", "it is empty"), ("none.md", "it is empty"), ("x.md", "gone")]:
        assert reason in refusal(reading, tmp_path / name).reason


def test_a_file_that_computes_without_end_costs_its_time_and_no_more(reading, misbehaving):
    refused = refusal(reading, misbehaving("hang.run", "while True: pass"))
    assert (refused.reason, refused.remedy) == (
        "took more than 1 s of computing to read",
        "split it or remove it",
    )
    assert not isinstance(refused, Unfinished)
    assert reading.read(misbehaving("good.run", "pass"))[0].text == "It was read."


def test_a_file_that_waits_without_end_is_given_up_for_now(reading, misbehaving, impatient):
    refused = refusal(reading, misbehaving("hang.run", "time.sleep(60)"))
    assert re.fullmatch(r"was not read within \d+ s", refused.reason)
    assert isinstance(refused, Unfinished)
    assert reading.read(misbehaving("good.run", "pass"))[0].text == "It was read."


def test_time_others_had_does_not_count(reading, misbehaving, impatient, monkeypatch):
    monkeypatch.setattr(reading_module, "_kept_waiting", lambda pid: time.monotonic())
    assert reading.read(misbehaving("late.run", "time.sleep(3)"))[0].text == "It was read."


def test_what_a_hanging_reader_started_is_ended_too(reading, misbehaving, tmp_path, impatient):
    note = tmp_path / "pid"
    code = (
        "import subprocess; child = subprocess.Popen(['sleep', '60'])\n"
        f"open({str(note)!r}, 'w').write(str(child.pid)); child.wait()"
    )
    refusal(reading, misbehaving("child.run", code))
    assert ends(int(note.read_text()))


@pytest.mark.parametrize("code", ["while True: pass", "time.sleep(60)"])
def test_the_process_ends_with_the_one_that_started_it(misbehaving, tmp_path, code):
    note = tmp_path / "pid"
    path = misbehaving("hang.run", f"open({str(note)!r}, 'w').write(str(os.getpid()))\n{code}")
    ask = f"from index.reading import Reading, Path; Reading().read(Path({str(path)!r}))"
    parent = subprocess.Popen(
        [sys.executable, "-c", ask],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (tmp_path, ROOT)))},
    )
    while not (note.exists() and note.read_text()):
        time.sleep(0.02)
    parent.kill()
    parent.wait()
    assert ends(int(note.read_text()))


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("os.kill(os.getpid(), 11)", "reading it crashed the reader"),
        ("os._exit(0)", "reading it crashed the reader"),
        ("import sys; sys.setrecursionlimit(10**9); f = lambda: f(); f()", ""),
        ("raise ValueError('odd')", "it is damaged or not a test file (odd)"),
        ("raise SystemExit", "reading it crashed the reader"),
        ("os.kill(os.getpid(), 9)", "the system ended its reader"),
    ],
)
def test_a_file_that_crashes_the_reader_is_named_and_the_next_is_read(
    reading, misbehaving, code, reason
):
    assert reason in refusal(reading, misbehaving("crash.run", code)).reason
    assert reading.read(misbehaving("good.run", "pass"))[0].text == "It was read."


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no limits on memory on this system")
def test_a_file_that_swells_is_named_and_the_next_is_read(reading, misbehaving):
    refused = refusal(reading, misbehaving("swell.run", "x = bytearray(600_000_000)"))
    assert refused.reason == "took more than 400 MB of memory to read"
    assert reading.read(misbehaving("good.run", "pass"))[0].text == "It was read."


def test_a_file_is_not_blamed_for_what_an_earlier_one_left_behind(reading, misbehaving):
    reading.read(misbehaving("leak.run", "kept.append(bytearray(300_000_000))"))
    document, _ = reading.read(misbehaving("good.run", "x = bytearray(200_000_000)"))
    assert document.text == "It was read."


def test_a_process_that_dies_between_files_is_replaced(reading, misbehaving):
    reading.read(misbehaving("good.run", "pass"))
    os.kill(reading._process._child.pid, signal.SIGKILL)
    assert reading.read(misbehaving("good.run", "pass"))[0].text == "It was read."


def test_a_reader_that_asks_for_more_time_gets_it(reading, misbehaving):
    work = "end = time.process_time() + 2.5\nwhile time.process_time() < end: pass"
    assert "more than 1 s" in refusal(reading, misbehaving("slow.run", work)).reason
    more = f"allowance.more_time(3)\n{work}"
    assert reading.read(misbehaving("slow.run", more))[0].text == "It was read."


def test_a_reader_that_asks_for_more_time_gets_it_by_the_clock(reading, misbehaving, impatient):
    code = "allowance.more_time(2); time.sleep(2.5)"
    assert reading.read(misbehaving("slow.run", code))[0].text == "It was read."


def test_a_reader_that_is_kept_waiting_by_other_processes_is_not_killed(reading, misbehaving):
    child = "import subprocess; subprocess.run(['sleep', '2'])"
    for code in ("time.sleep(2)", child):  # twice what it may compute
        assert reading.read(misbehaving("waits.run", code))[0].text == "It was read."


def test_a_good_file_is_not_called_late_for_one_that_was(reading, misbehaving, monkeypatch):
    with monkeypatch.context() as busy, suppress(Unfinished):
        busy.setattr(reading_module, "_PATIENCE", 0)  # its time by the clock is up at once
        reading.read(misbehaving("good.run", "pass"))
    assert reading.read(misbehaving("good.run", "pass"))[0].text == "It was read."


def test_what_a_reader_prints_does_not_get_between(reading, misbehaving, capfd):
    path = misbehaving("noisy.run", "print('noise' * 10_000, flush=True); os.write(1, b'more')")
    assert reading.read(path)[0].text == "It was read."
    assert capfd.readouterr() == ("", "")


def test_large_files_may_take_longer(tmp_path):
    with (tmp_path / "large.pdf").open("wb") as file:
        file.truncate(100_000_000)
    assert Reading()._limit(tmp_path / "large.pdf") == 990
    assert Reading()._limit(tmp_path / "gone.pdf") == 20


def test_the_current_folder_is_not_imported_from(tmp_path, monkeypatch):
    (tmp_path / "docx.py").write_text("open('ran', 'w')")
    (tmp_path / "pickle.py").write_text("open('ran', 'w')")
    (tmp_path / "a.md").write_text("Words.")
    monkeypatch.chdir(tmp_path)
    with Reading() as reading:
        reading.read(Path("a.md"))
    assert not (tmp_path / "ran").exists()


def test_the_process_ends_with_close(tmp_path):
    (tmp_path / "a.md").write_text("Words.")
    with Reading() as reading:
        reading.read(tmp_path / "a.md")
        child = reading._process._child
    assert child.poll() is not None
