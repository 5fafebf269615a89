"""The command line over real documents: what it prints, where, and how it exits."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time

import pytest
from lindow import BUILT, UNKNOWN, write_documents

from index import Index
from index.embedder import SentenceEmbedding
from rag.schema import Answer
from rag.verify import verify
from ui import cli
from ui.server import bind

HEAVY = {"torch", "gradio", "chromadb", "llama_index", "sentence_transformers", "numpy", "fastapi"}


@pytest.fixture(scope="module")
def indexed(tmp_path_factory):
    """A working folder with ./documents, indexed into ./.footnote."""
    base = tmp_path_factory.mktemp("cli")
    write_documents(base / "documents")
    return base


@pytest.fixture
def footnote(indexed, monkeypatch, capsys):
    """Run a command as the shell would: ``(exit code, standard output, standard error)``."""
    for name in [name for name in os.environ if name.startswith("FOOTNOTE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("FOOTNOTE_READER", "small")
    monkeypatch.chdir(indexed)
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["footnote", *map(str, arguments)])
        with pytest.raises(SystemExit) as exited:
            cli.main()
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return exited.value.code, out, err

    return run


@pytest.fixture
def saved(footnote, tmp_path):
    """A saved answer and the file it is in."""
    _, out, _ = footnote("ask", BUILT, "--json")
    path = tmp_path / "answer.json"
    path.write_text(out)
    return Answer.model_validate_json(out), path


def test_help_is_instant_and_teaches():
    code = f"import sys, ui.cli; print(sorted({HEAVY} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    started = time.perf_counter()
    shown = subprocess.run(
        [sys.executable, "-m", "ui", "--help"], capture_output=True, text=True, check=True
    )
    assert time.perf_counter() - started < 3
    assert 'footnote ask "' in shown.stdout


@pytest.mark.parametrize("command", ["index", "ask", "chat", "serve", "eval", "verify"])
def test_each_command_shows_an_example(footnote, command):
    code, out, _ = footnote(command, "--help")
    assert code == 0
    assert f"• footnote {command}" in out or f"footnote {command}" in out.split("Options")[0]


def test_index_reports_and_then_has_nothing_to_do(footnote):
    footnote("index")
    code, out, err = footnote("index")
    assert (code, err) == (0, "")
    assert out.startswith("Nothing changed; 3 documents")


def test_index_of_a_folder_is_the_one_later_commands_use(footnote, tmp_path):
    papers = tmp_path / "papers"
    papers.mkdir()
    (papers / "mill.md").write_text("# Mill\n\nThe Lindow mill was sold in 1950.\n")
    data = tmp_path / "data"
    assert footnote("index", papers, "--data", data)[0] == 0
    code, out, _ = footnote("ask", "When was the Lindow mill sold?", "--data", data)
    assert code == 0
    assert f"Mill, {papers}/mill.md" in out


def test_index_names_what_it_could_not_read_and_exits_with_1(footnote, tmp_path):
    folder = write_documents(tmp_path / "mixed")
    (folder / "empty.md").touch()
    code, out, err = footnote("index", folder, "--data", tmp_path / "data")
    assert code == 1
    assert err.startswith("footnote: empty.md: ")
    assert "3 added, 1 could not be read" in out


def test_index_of_an_emptied_folder_is_refused_and_ask_says_so(footnote, tmp_path):
    folder, data = write_documents(tmp_path / "papers"), tmp_path / "data"
    footnote("index", folder, "--data", data)
    for path in folder.iterdir():
        path.unlink()
    code, out, err = footnote("index", folder, "--data", data)
    assert code == 3
    assert "Nothing changed; 3 documents" in out
    assert "--allow-empty" in err
    code, out, err = footnote("ask", BUILT, "--documents", folder, "--data", data)
    assert (code, "1871" in out) == (0, True)
    assert "kept (3 documents)" in err
    code, out, err = footnote("index", folder, "--data", data, "--allow-empty")
    assert (code, err) == (0, "")
    assert out.startswith("3 removed")


@pytest.mark.parametrize(
    "command", [["index", "--watch"], ["index"], ["ask", BUILT, "--documents"]]
)
def test_an_empty_folder_in_place_of_another_is_refused(footnote, tmp_path, command):
    folder, data, empty = write_documents(tmp_path / "papers"), tmp_path / "data", tmp_path / "no"
    empty.mkdir()
    footnote("index", folder, "--data", data)
    code, out, err = footnote(*command, empty, "--data", data)
    assert (code, out) == (3, "")
    assert err.splitlines()[-1].startswith(f"footnote: there is nothing to read in {empty}, so")
    assert f"`footnote index {empty} --allow-empty --data {data}`" in err
    code, out, _ = footnote("ask", BUILT, "--data", data)
    assert (code, "1871" in out) == (0, True)


def test_ask_prints_the_answer_then_the_quotes(footnote):
    code, out, err = footnote("ask", BUILT)
    assert (code, err) == (0, "")
    answer, _, quotes = out.partition("\n\n")
    assert "1871" in answer
    assert answer.rstrip().endswith("[1]")
    place = "[1] The lighthouse at Lindow, 2021-05-04, documents/lighthouse.md"
    assert quotes.startswith(f"{place}\n    “")


def test_ask_refuses_with_the_nearest_passages(footnote):
    code, out, _ = footnote("ask", UNKNOWN)
    assert code == 0
    assert "Nearest passages:" in out
    assert "[1]" not in out


def test_ask_json_prints_the_answer_and_nothing_else(footnote):
    code, out, err = footnote("ask", BUILT, "--json", "--document", "*.md")
    assert (code, err) == (0, "")
    answer = Answer.model_validate_json(out)
    assert {passage.source for passage in answer.passages} == {"lighthouse.md"}


def test_ask_takes_up_a_changed_folder_first(footnote, indexed):
    (indexed / "documents" / "clock.txt").write_text("The Lindow clock tower has 98 steps.")
    assert "98 steps" in footnote("ask", "How many steps does the Lindow clock tower have?")[1]
    (indexed / "documents" / "clock.txt").unlink()
    assert "98 steps" not in footnote("ask", "How many steps does the Lindow clock tower have?")[1]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["ask"], "question"),
        (["ask", "  "], "empty"),
        (["ask", "Why?", "--document", "*.xyz"], "no document matches *.xyz"),
        (["ask", "Why?", "--top-k", "0"], "top_k: Input should be greater"),
        (["serve", "--port", "99999"], "port"),
        (["verify", "nowhere.json"], "nowhere.json"),
        (["dance"], "dance"),
    ],
)
def test_wrong_usage_exits_with_2(footnote, arguments, said):
    code, out, err = footnote(*arguments)
    assert (code, out) == (2, "")
    assert said in " ".join(err.replace("│", " ").split())


def test_a_broken_settings_file_is_named(footnote, indexed):
    toml = indexed / "footnote.toml"
    try:
        toml.write_text("port = ")
        assert "footnote.toml" in footnote("index")[2]
        toml.write_text("prot = 1")
        code, _, err = footnote("index")
        assert (code, "prot" in err) == (2, True)
    finally:
        toml.unlink()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["index", "nowhere"], "there is no folder nowhere"),
        (["chat", "--documents", "nowhere"], "there is no folder nowhere"),
        (["serve", "--host", "0.0.0.0"], "set FOOTNOTE_API_KEY"),
    ],
)
def test_a_failure_is_one_line_and_exits_with_3(footnote, arguments, said):
    code, out, err = footnote(*arguments)
    assert (code, out) == (3, "")
    *_, line = err.splitlines()
    assert line.startswith("footnote: ")
    assert said in line


def test_a_port_in_use_is_told(footnote):
    with bind("127.0.0.1", 0) as listener:
        code, _, err = footnote("serve", "--port", listener.getsockname()[1])
    assert code == 3
    assert "choose another port" in err.splitlines()[-1]


def test_a_second_process_is_told_who_has_the_index(footnote, indexed):
    with Index.open(indexed / ".footnote", SentenceEmbedding()):
        code, _, err = footnote("ask", BUILT)
    assert code == 3
    assert str(os.getpid()) in err
    assert len(err.splitlines()) == 1


def test_verify_finds_every_quote_where_it_was(footnote, saved):
    answer, path = saved
    code, out, _ = footnote("verify", path)
    assert code == 0
    assert out.count("present") == len(answer.citations)


def test_verify_takes_an_answer_saved_without_its_text_and_none_whose_text_was_changed(
    footnote, saved
):
    answer, path = saved
    fields = answer.model_dump(mode="json")
    path.write_text(json.dumps({name: fields[name] for name in fields if name != "text"}))
    assert footnote("verify", path)[0] == 0
    path.write_text(json.dumps(fields | {"text": fields["text"].replace("1871", "1872")}))
    code, _, err = footnote("verify", path)
    assert (code, "text is not what" in err) == (2, True)


def test_verify_tells_moved_and_gone(footnote, saved, indexed):
    _, path = saved
    lighthouse = indexed / "documents" / "lighthouse.md"
    original = lighthouse.read_text()
    try:
        lighthouse.write_text(original.replace("The lighthouse at", "Note well. The lighthouse at"))
        footnote("index")
        code, out, _ = footnote("verify", path)
        assert (code, "moved" in out) == (1, True)
        lighthouse.write_text(original.replace("1871", "1817"))
        footnote("index")
        code, out, _ = footnote("verify", path)
        assert (code, "gone" in out) == (1, True)
    finally:
        lighthouse.write_text(original)
        footnote("index")


def test_verify_follows_a_renamed_document(footnote, saved, indexed):
    answer, _ = saved
    old, new = (indexed / "documents" / name for name in ("lighthouse.md", "tower.md"))
    old.rename(new)
    try:
        footnote("index")
        with Index.open(indexed / ".footnote", SentenceEmbedding()) as index:
            for check in verify(answer, index):
                text = index.text(next(d.id for d in index.documents() if d.source == "tower.md"))
                assert (check.state, check.source) == ("moved", "tower.md")
                assert text[check.start : check.end] == check.citation.quote
    finally:
        new.rename(old)


def test_verify_refuses_what_is_not_an_answer(footnote, tmp_path):
    for content in (b"", b"\xff\xfe", json.dumps({"status": "answered"}).encode()):
        (tmp_path / "other.json").write_bytes(content)
        code, _, err = footnote("verify", tmp_path / "other.json")
        assert code == 2
        assert "not an answer" in " ".join(err.replace("│", " ").split())


def test_the_report_names_every_file(footnote, indexed):
    code, out, _ = footnote("index", "--report")
    assert code == 0
    assert out.splitlines()[-1].startswith("3 files: 3 in the index")
    assert "lighthouse.md" in out
    (indexed / "documents" / "empty.md").write_bytes(b"")
    code, out, _ = footnote("index", "--report", "--json")
    (indexed / "documents" / "empty.md").unlink()
    files = {file["source"]: file for file in json.loads(out)["files"]}
    assert code == 1
    assert files["empty.md"]["skipped"] == "it is empty"
    assert files["lighthouse.md"]["passages"] > 0


def test_an_unexpected_error_is_one_line_that_says_how_to_see_more(footnote, monkeypatch):
    monkeypatch.setattr(cli, "_settings", lambda **flags: {}["lost"])
    code, _, err = footnote("index")
    assert code == 3
    assert err.startswith("footnote: unexpected KeyError")
    assert len(err.splitlines()) == 1
