"""``footnote eval``: measure the answers on questions whose answers are known."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)

Out = Annotated[Path, typer.Option(metavar="FOLDER", help="Folder for the results.")]
Documents = Annotated[Path | None, typer.Option(metavar="FOLDER", help="Folder to answer from.")]


@app.callback(invoke_without_command=True)
def evaluate(
    context: typer.Context,
    cases: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Your own cases (JSONL); the golden set if not given."),
    ] = None,
    public: Annotated[
        str | None, typer.Option("--set", metavar="NAME", help="A public set: footnote eval sets.")
    ] = None,
    split: Annotated[str, typer.Option(help="dev, test or all; of the golden set.")] = "all",
    system: Annotated[
        str, typer.Option(help="footnote, or a peer: top-passages, citation-engine.")
    ] = "footnote",
    documents: Documents = None,
    data_root: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Folder of the public sets.")
    ] = None,
    out: Out = Path("results"),
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
    gate: Annotated[
        bool | None,
        typer.Option("--gate/--no-gate", help="Fail (exit 1) under a threshold, if there is one."),
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Only so many cases, in even steps.")
    ] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Take nothing from the cache.")] = False,
    jobs: Annotated[
        int, typer.Option(min=1, help="Questions at once; for language models elsewhere.")
    ] = 1,
) -> None:
    """Measure the answers on questions whose answers and evidence are known.

    Stopped runs go on where they were; nothing is asked twice of the same system.

    - **footnote eval** asks the golden questions and writes results/
    - **footnote eval init** drafts cases from your own documents, for you to edit
    - **footnote eval --cases my-cases.jsonl --documents ~/papers**
    - **footnote eval --set clapnq** runs a public set; **footnote eval sets** lists them
    - **footnote eval compare BEFORE AFTER** says whether a difference is more than chance
    """
    if context.invoked_subcommand:
        return
    from evals.command import Request, evaluate_command

    request = Request(
        cases, public, split, system, documents, data_root, out, as_json, gate, limit, fresh, jobs
    )
    raise typer.Exit(evaluate_command(request))


@app.command()
def sets() -> None:
    """List the public sets, what each measures, and whether it is on this machine.

    - **footnote eval sets**
    """
    from evals.datasets import SETS, data_root

    for found in SETS.values():
        there = "" if (data_root() / found.folder).is_dir() else f"  (not in {data_root()})"
        typer.echo(f"{found.name:17}{found.task:10}{found.title}{there}")


@app.command()
def init(
    file: Annotated[Path, typer.Argument(help="File to add the cases to.")] = Path("cases.jsonl"),
    number: Annotated[int, typer.Option("--number", "-n", min=3, help="Cases at most.")] = 60,
    documents: Documents = None,
    data: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Folder of the index.")
    ] = None,
) -> None:
    """Draft cases from your own documents, a line each, for you to edit.

    Sentences that define, date or count something become the questions they answer; a third ask
    for what the documents do not say. Delete what reads badly, correct the rest, then measure.
    Into a file that is there, further ones are added; what you deleted does not come back.

    - **footnote eval init cases.jsonl --documents ~/papers**
    - **footnote eval --cases cases.jsonl --documents ~/papers**
    """
    from evals.command import draft_command

    raise typer.Exit(draft_command(file, number, documents, data))


@app.command()
def compare(
    before: Annotated[Path, typer.Argument(help="A run, such as results/golden-dev.jsonl.")],
    after: Annotated[Path, typer.Argument(help="A later run over the same cases.")],
) -> None:
    """Say which metrics differ between two runs by more than chance, and which cases changed.

    - **footnote eval compare before/golden-dev.jsonl results/golden-dev.jsonl**
    """
    from evals.command import compare_command

    raise typer.Exit(compare_command(before, after))


@app.command()
def results(
    folder: Annotated[Path, typer.Argument(help="Folder of the runs.")] = Path("results"),
    page: Annotated[Path, typer.Option("--to", metavar="FILE", help="Page to write.")] = Path(
        "docs/results.md"
    ),
) -> None:
    """Write one page of Markdown from all runs in a folder, published figures beside ours.

    - **footnote eval results results --to docs/results.md**
    """
    from evals.command import results_command

    raise typer.Exit(results_command(folder, page))
