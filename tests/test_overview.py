"""What is told of something, where no question is asked."""

import pytest
from conftest import passage_of

MILL = (
    "The mill of Halden was built in 1874. It grinds oats and barley. Tom Garth has run the mill "
    "of Halden since 2009. The bakery next door is closed on Mondays."
)


def texts(draft):
    return [sentence.text for sentence in draft.sentences]


@pytest.mark.parametrize(
    "question",
    ["Tell me about the mill of Halden.", "what do the documents say about the mill of Halden?"],
)
def test_all_sentences_that_name_it_are_told(draft, question):
    found = draft(question, MILL, "In June the mill of Halden is shown to visitors.")
    assert found.status == "answered"
    assert {
        "The mill of Halden was built in 1874.",
        "Tom Garth has run the mill of Halden since 2009.",
        "In June the mill of Halden is shown to visitors.",
    } <= set(texts(found))
    assert "The bakery next door is closed on Mondays." not in texts(found)


def test_a_section_that_is_headed_by_it_is_told_from_its_beginning(draft):
    section = passage_of("Cars stand behind the hall. Bicycles go to the yard. Keep the gate free.")
    found = draft("anything about parking?", section.model_copy(update={"heading": "Parking"}))
    assert texts(found) == [
        "Cars stand behind the hall.",
        "Bicycles go to the yard.",
        "Keep the gate free.",
    ]


def test_lines_that_say_nothing_are_left_out(draft):
    letter = "From: Tom Garth\n\nThe wheel is mended.\n\nTom Garth, miller"
    other = "Tom Garth mended the wheel in May."
    found = texts(draft("Tell me about Tom Garth", letter, other))
    assert other in found
    assert not {"From: Tom Garth", "Tom Garth, miller"} & set(found)


@pytest.mark.parametrize("question", ["Who is Tom Garth?", "who was Tom Garth"])
def test_who_somebody_is_asks_to_be_told_of_them(draft, question):
    found = draft(question, MILL)
    assert "Tom Garth has run the mill of Halden since 2009." in texts(found)


@pytest.mark.parametrize(
    "question", ["Tell me about Ivor Penn.", "anything on the swimming pool?", "Who is Ivor Penn?"]
)
def test_of_what_is_not_there_nothing_is_told(draft, question):
    assert draft(question, MILL).status == "not_found"
