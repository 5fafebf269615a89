"""The command line. Heavy parts are imported by the command that needs them, when it runs."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from ui.doctor import doctor
from ui.errors import explain
from ui.evaluate import app as evaluation

if TYPE_CHECKING:
    from index import SyncReport
    from rag.schema import Answer
    from rag.settings import Settings
    from ui.report import FileReport

DONE, PARTLY, FAILED = 0, 1, 3
_OURS = {"evals", "index", "rag", "ui"}

app = typer.Typer(
    name="footnote",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.add_typer(evaluation, name="eval")

Documents = Annotated[
    Path | None,
    typer.Option(metavar="FOLDER", help="Folder to answer from."),
]
Data = Annotated[Path | None, typer.Option(metavar="FOLDER", help="Folder of the index.")]
Host = Annotated[str | None, typer.Option(help="Address to listen on; 127.0.0.1 if not set.")]
Port = Annotated[int | None, typer.Option(help="Port to listen on; 7860 if not set, 0: any.")]


def main() -> None:
    """Run the command line; an error is one line on standard error and exit code 3."""
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        if os.environ.get("FOOTNOTE_DEBUG"):
            raise
        typer.echo(f"footnote: {_line(error)}", err=True)
        sys.exit(FAILED)


def _line(error: Exception) -> str:
    """What to do is in the messages of errors that Footnote raises; others need a hint."""
    ours = type(error).__module__.partition(".")[0] in _OURS
    if ours or isinstance(error, OSError):
        return explain(error)
    kind = type(error).__name__
    return f"unexpected {kind}: {explain(error)} (FOOTNOTE_DEBUG=1 shows where; please report it)"


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"footnote {version('footnote')}")
        raise typer.Exit


@app.callback()
def footnote(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Questions over your own documents, every sentence cited to the exact words behind it.

    Put documents (Word, PDF, PowerPoint, Excel, web pages, e-mail, books, text) into ./documents:

    - **footnote chat** opens the page in a browser
    - **footnote ask "When was it founded?"** answers here

    Settings come from flags, FOOTNOTE_* variables, then footnote.toml.

    Exit codes: 0 done, 1 done with something skipped or below a threshold, 2 usage, 3 failed.
    """


@app.command()
def index(
    path: Annotated[
        Path | None, typer.Argument(metavar="[FOLDER]", help="Folder to index from now on.")
    ] = None,
    report: Annotated[
        bool, typer.Option("--report", help="Show what became of every file.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The report as JSON.")] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Follow the folder until Ctrl+C; a line per sync.")
    ] = False,
    allow_empty: Annotated[
        bool,
        typer.Option("--allow-empty", help="Let an empty folder empty the index, too."),
    ] = False,
    data: Data = None,
) -> None:
    """Make the index equal to a folder: added, changed and deleted files.

    Running it again costs nothing where nothing changed. A FOLDER given here is the one that
    later commands answer from. Exit code 1 says that a file could not be read. If the folder is
    empty, what is indexed is kept, and the exit code is 3.

    - **footnote index** indexes ./documents
    - **footnote index ~/papers** indexes another folder
    - **footnote index --report** shows for each file its pages, passages, and what is amiss
    - **footnote index --watch** stays, and indexes what changes (`footnote chat` does so anyway)
    """
    if watch:
        if report or as_json:
            raise typer.BadParameter("--watch goes with neither --report nor --json")
        _watch(_settings(documents=path, data=data), path is not None, allow_empty)
        return
    from ui.options import remember_folder
    from ui.progress import Bar
    from ui.report import file_reports

    settings = _settings(documents=path, data=data)
    with Bar() as bar:
        bar.say("Opening the index…")
        from rag.assistant import Assistant

        with Assistant.open(settings) as assistant:
            done = assistant.sync(bar.advance, allow_empty)
            files = file_reports(assistant.index, done) if report or as_json else None
    if path and not done.kept:
        remember_folder(settings)
    _tell(done, files, as_json)


def _tell(done: SyncReport, files: list[FileReport] | None, as_json: bool) -> NoReturn:
    """Say what a sync did, with ``files`` file by file, and end with its exit code."""
    from ui.listing import summary

    if files is None:
        _warn(done)
        typer.echo(summary(done))
    else:
        _print_report(files, as_json)
        for remark in done.remarks if done.kept else ():
            _complain(remark)
    raise typer.Exit(FAILED if done.kept else PARTLY if done.skipped else DONE)


@app.command()
def ask(
    question: Annotated[str, typer.Argument(help="The question, in quotation marks.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")] = False,
    document: Annotated[
        list[str] | None,
        typer.Option(metavar="GLOB", help="Answer only from these documents; may be repeated."),
    ] = None,
    top_k: Annotated[int | None, typer.Option(help="Passages to answer from.")] = None,
    documents: Documents = None,
    data: Data = None,
) -> None:
    """Answer one question, with the quotes it rests on.

    The index is made equal to the folder first. Files that cannot be read are named on standard
    error; `footnote index` exits with 1 for them, `ask` does not.

    - **footnote ask "When was the alliance founded?"**
    - **footnote ask "How many doctors were sent?" --document "*.pdf"**
    - **footnote ask "When was it founded?" --json > answer.json**
    """
    if not question.strip():
        raise typer.BadParameter("the question is empty", param_hint="QUESTION")
    settings = _settings(documents=documents, data=data, top_k=top_k)
    answer = _answer(settings, question, document or [])
    if as_json:
        typer.echo(answer.model_dump_json(indent=2))
        return
    from rich.console import Console

    from ui.terminal import print_answer

    print_answer(Console(), answer, str(settings.documents))


@app.command()
def chat(
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Open no browser.")] = False,
    host: Host = None,
    port: Port = None,
    documents: Documents = None,
    data: Data = None,
) -> None:
    """Open the web page: ask, read the sources, add documents.

    - **footnote chat**
    - **footnote chat --documents ~/papers --port 8000**
    """
    _serve(_settings(host=host, port=port, documents=documents, data=data), not no_browser)


@app.command()
def serve(
    host: Host = None, port: Port = None, documents: Documents = None, data: Data = None
) -> None:
    """Serve the web page and the HTTP interface, without a browser.

    Any address but this machine's own needs a key: set FOOTNOTE_API_KEY.

    - **footnote serve --port 8000**, then open /docs for the HTTP interface
    """
    _serve(_settings(host=host, port=port, documents=documents, data=data), open_browser=False)


app.command()(doctor)


@app.command()
def verify(
    file: Annotated[
        typer.FileBinaryRead,
        typer.Argument(metavar="FILE", help="A saved answer; - reads standard input."),
    ],
    data: Data = None,
) -> None:
    """Check that the quotes of a saved answer still stand where it says.

    Each is present, moved or gone. Exit code 1 says that not all are present.

    - **footnote ask "When was it founded?" --json > answer.json**
    - **footnote verify answer.json**
    """
    from rich.console import Console

    from ui.terminal import print_checks

    answer = _saved_answer(file.name, file.read())
    settings = _settings(data=data)
    from rag.assistant import Assistant
    from rag.verify import verify as check

    with Assistant.open(settings) as assistant:
        _warn(assistant.sync())
        checks = check(answer, assistant.index)
    print_checks(Console(), checks, str(settings.documents))
    raise typer.Exit(DONE if all(c.state == "present" for c in checks) else PARTLY)


def _settings(**flags: Any) -> Settings:
    from ui.options import settings_from

    return settings_from(**flags)


def _answer(settings: Settings, question: str, globs: list[str]) -> Answer:
    from ui.progress import Bar

    with Bar() as bar:
        bar.say("Opening the index…")
        from rag.assistant import Assistant

        with Assistant.open(settings) as assistant:
            report = assistant.sync(bar.advance)
            if globs and not assistant.index.match(globs):
                raise typer.BadParameter(f"no document matches {' or '.join(globs)}")
            bar.say("Loading the model and answering…")
            answer = assistant.ask(question, documents=globs)
    _warn(report)
    return answer


def _warn(report: SyncReport) -> None:
    """Name each file that is not in the index, and why, on standard error."""
    from ui.listing import skipped_line

    for line in [*map(skipped_line, report.skipped), *report.remarks]:
        _complain(line)


def _watch(settings: Settings, remember: bool, allow_empty: bool) -> None:
    from ui.follow import follow

    follow(settings, typer.echo, _complain, allow_empty, remember)


def _complain(line: str) -> None:
    typer.echo(f"footnote: {line}", err=True)


def _print_report(files: Sequence[FileReport], as_json: bool) -> None:
    from ui.report import print_report, report_json

    if as_json:
        typer.echo(json.dumps(report_json(files), indent=2, ensure_ascii=False))
        return
    from rich.console import Console

    print_report(Console(), files)


def _serve(settings: Settings, open_browser: bool) -> None:
    typer.echo("Starting…", err=True)
    from ui.server import serve as run

    run(settings, open_browser, typer.echo)


def _saved_answer(name: str, content: bytes) -> Answer:
    from pydantic import ValidationError

    from rag.schema import Answer

    try:
        return Answer.model_validate_json(content)
    except ValidationError as error:
        problem = f"{name} is not an answer saved with `footnote ask --json`: {explain(error)}"
        raise typer.BadParameter(problem, param_hint="FILE") from error
