"""The HTTP doors: questions, documents, health. Gradio's page is mounted below them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, closing
from importlib.metadata import version
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Query, Request, Response, UploadFile
from fastapi.responses import FileResponse, HTMLResponse, StreamingResponse
from fastapi.routing import APIRoute

from index.types import document_id as id_of
from rag.schema import Answer, Event, Message, Sentence, Stage
from ui import openai, problems, shelf
from ui.docs import docs_html
from ui.errors import Refused
from ui.evals.board import report_of
from ui.guard import Guard, check_binding
from ui.models import Health, Listing, Question, Readiness, Stored
from ui.problems import MEDIA_TYPE, Problem, ProblemResponse
from ui.service import Events, Service

_PROBLEMS: dict[int | str, dict[str, Any]] = {
    "default": {
        "description": "What went wrong, as problem details",
        "content": {MEDIA_TYPE: {"schema": Problem.model_json_schema()}},
    }
}
_EVENTS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The answer; with `stream`, events that end in it",
        "content": {"text/event-stream": {}},
    }
}

# The report is made of what documents, questions and models said: it may style itself, no more.
_REPORT_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'"
_FRESH = {"Cache-Control": "no-store"}

_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"}

router = APIRouter(responses=_PROBLEMS)


def create_app(service: Service) -> FastAPI:
    """Return the application: starts ``service`` when it starts and closes it at the end.

    Raises:
        UnsafeBinding: if the settings would serve the network without a key.
    """
    check_binding(service.settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        service.start()
        yield
        service.close()

    app = FastAPI(
        title="Footnote",
        version=version("footnote"),
        description="Questions over your own documents, every sentence cited.",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
    )
    app.state.service = service
    app.add_middleware(Guard, settings=service.settings)
    problems.install(app)
    app.include_router(router)
    app.include_router(openai.router)
    _refuse_the_rest(app)
    return app


def _refuse_the_rest(app: FastAPI) -> None:
    """Answer what our own addresses do not take; the page below takes every address."""
    taken: dict[str, set[str]] = {}
    for route in (*router.routes, *openai.router.routes):
        if isinstance(route, APIRoute):
            taken.setdefault(route.path, set()).update(route.methods or ())
    for path, methods in taken.items():
        app.add_route(path, _not_allowed(methods), sorted(_METHODS - methods), None, False)
    app.add_route("/v1/{rest:path}", _unknown, sorted(_METHODS), None, False)


def _not_allowed(methods: set[str]) -> Callable[[Request], Awaitable[Response]]:
    async def refuse(request: Request) -> Response:
        allow = ", ".join(sorted(methods))
        raise HTTPException(405, f"{request.url.path} takes {allow}; see /docs", {"Allow": allow})

    return refuse


async def _unknown(request: Request) -> Response:
    raise HTTPException(404, "There is nothing at this address; see /docs.")


def _service(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


Served = Annotated[Service, Depends(_service)]


@router.post("/v1/answer", response_model=Answer, responses=_EVENTS, tags=["answers"])
def answer(question: Question, service: Served) -> Answer | StreamingResponse:
    """Answer a question from the documents, each sentence cited.

    A question the documents do not answer has status `not_found` and the nearest passages.
    """
    history = [Message(role=turn.role, content=turn.content) for turn in question.history]
    events = service.stream(question.question, history, question.documents, question.top_k)
    if not question.stream:
        return _last(events)
    first = next(events)  # what refuses the question does so before the response begins
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_frames(first, events), 200, headers, "text/event-stream")


@router.get("/v1/documents", tags=["documents"])
def list_documents(service: Served) -> Listing:
    """List the documents in the index."""
    index = service.assistant.index
    return Listing(documents=index.documents(), passages=len(index))


@router.post("/v1/documents", status_code=201, tags=["documents"])
def add_documents(
    service: Served,
    files: list[UploadFile],
    replace: Annotated[bool, Query(description="Replace files of the same name.")] = False,
) -> Stored:
    """Store files in the documents folder and index them.

    A file that is stored and cannot be read is in `sync.skipped`, with the reason.
    """
    folder = service.assistant.settings.documents
    names = shelf.check_names([file.filename for file in files], folder, replace)
    for name, file in zip(names, files, strict=True):
        shelf.store(folder, name, file.file, replace)
    return Stored(stored=names, sync=service.sync())


@router.delete("/v1/documents/{document_id}", tags=["documents"])
def delete_document(document_id: str, service: Served) -> Stored:
    """Delete a document: its file in the folder and everything the index has of it.

    A file that could not be read has an id, too: the first 16 digits of its path's SHA-256.
    """
    shelf.discard(service.settings.documents, _source_of(service, document_id))
    return Stored(stored=[], sync=service.sync(allow_empty=True))  # it may be the last


def _source_of(service: Service, document: str) -> str:
    """The path of a document, or of a file that the last sync could not read."""
    try:
        return service.assistant.index.document(document).source
    except KeyError as error:
        for skipped in service.report.skipped if service.report else ():
            if id_of(skipped.source) == document:
                return skipped.source
        raise Refused(404, "No such document", f"There is no document {document}.") from error


@router.post("/v1/documents/sync", tags=["documents"])
def sync_documents(service: Served) -> Stored:
    """Make the index equal to the folder."""
    return Stored(stored=[], sync=service.sync())


@router.get("/v1/evals/report", response_class=HTMLResponse, tags=["evals"])
def evaluation(service: Served) -> FileResponse:
    """Show the report of the last run of the user's own cases, one page that runs no script."""
    path = report_of(service.settings)
    if not path.is_file():
        raise Refused(404, "No report", "No cases have been run yet; see the Evals tab.")
    return FileResponse(path, headers={"Content-Security-Policy": _REPORT_POLICY} | _FRESH)


@router.get("/healthz", tags=["health"])
def healthz() -> Health:
    """Say that the process answers."""
    return Health()


@router.get("/readyz", response_model=Readiness, tags=["health"])
def readyz(service: Served) -> Readiness | ProblemResponse:
    """Say whether questions can be answered: the model is loaded and the folder indexed."""
    if not service.ready:
        return ProblemResponse(503, "Not ready", service.state.detail)
    return Readiness(phase=service.state.phase, detail=service.state.detail)


@router.get("/docs", include_in_schema=False)
def docs(request: Request) -> HTMLResponse:
    """Show this interface as a page."""
    return HTMLResponse(docs_html(request.app.openapi()))


def _last(events: Iterator[Event]) -> Answer:
    *_, last = events
    assert isinstance(last, Answer)
    return last


def _frames(first: Event, events: Events) -> Iterator[str]:
    """Server-sent events; a failure on the way is the last of them."""
    try:
        with closing(events):  # when the client goes, so that a model stops writing
            yield _frame(first)
            for event in events:
                yield _frame(event)
    except Exception:
        detail = "Footnote failed; the server's log says where."
        problem = Problem(title="Internal error", status=500, detail=detail)
        yield f"event: error\ndata: {problem.model_dump_json(exclude_defaults=True)}\n\n"
        raise


def _frame(event: Event) -> str:
    return f"event: {_event_name(event)}\ndata: {event.model_dump_json()}\n\n"


def _event_name(event: Event) -> str:
    if isinstance(event, Stage):
        return "status"
    if isinstance(event, Sentence):
        return "sentence" if event.verdict == "supported" else "withheld"
    return "answer"
