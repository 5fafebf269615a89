"""The contract as an object: frozen, closed, the same after JSON."""

import pytest
from pydantic import ValidationError
from sample_answers import answered, citation, conflicting, refused, sentence

from rag.schema import Answer, Citation, Message, Sentence


@pytest.mark.parametrize("answer", [answered(), conflicting(), refused()], ids=lambda a: a.status)
def test_an_answer_is_the_same_after_json(answer):
    assert Answer.model_validate_json(answer.model_dump_json()) == answer


def test_text_is_the_message_then_the_sentences_with_their_markers():
    assert answered().text == "The bridge opened in 1904.[1] It cost <b>2 & a half</b> million.[2]"
    assert conflicting().text == f"Two sources, two figures. {answered().text}"
    assert refused().text == "The documents don't say."


def test_an_answer_carries_its_text_and_one_saved_without_it_is_still_read():
    saved = answered().model_dump(mode="json")
    assert saved.pop("text") == answered().text
    assert Answer.model_validate(saved) == answered()


def test_a_text_that_says_something_else_is_refused():
    changed = answered().model_dump() | {"text": "The bridge opened in 1905.[1]"}
    with pytest.raises(ValidationError, match="text is not what"):
        Answer.model_validate(changed)


def test_an_answer_cannot_be_changed():
    with pytest.raises(ValidationError, match="frozen"):
        answered().status = "not_found"


@pytest.mark.parametrize(
    ("model", "good", "bad"),
    [
        (Message, {"role": "user", "content": ""}, {"role": "system"}),
        (Message, {"role": "user", "content": ""}, {"name": "me"}),
        (Citation, citation(1, (0, 5)).model_dump(), {"marker": 0}),
        (Citation, citation(1, (0, 5)).model_dump(), {"start": -1}),
        (Citation, citation(1, (0, 5)).model_dump(), {"page": 0}),
        (Sentence, sentence((0, 5), 1).model_dump(), {"support": 1.01}),
        (Sentence, sentence((0, 5), 1).model_dump(), {"verdict": "maybe"}),
        (Answer, answered().model_dump(), {"status": "unsure"}),
        (Answer, answered().model_dump(), {"extra": 1}),
    ],
)
def test_what_does_not_fit_is_refused(model, good, bad):
    model.model_validate(good)
    with pytest.raises(ValidationError, match=next(iter(bad))):
        model.model_validate(good | bad)
