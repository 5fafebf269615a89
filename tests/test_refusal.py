"""A near miss is refused, and the refusal says what is missing."""

import pytest

CLINIC = (
    "The Marlow clinic in Norway employs 120 doctors. It was founded by Paula Stein. "
    "In 2011 it treated 40,000 patients."
)
SCHOOL = "The night school was founded by the teacher René Fournier. He retired to Lyon in 2015."


def shown(draft):
    return " ".join(sentence.text for sentence in draft.sentences)


@pytest.mark.parametrize(
    ("question", "missing"),
    [
        ("Who is Marco Rubio?", "Rubio"),
        ("What did Angela Merkel say about the Marlow clinic?", "Merkel"),
        ("When did Paula Stein visit Washington?", "Washington"),
        ("How many doctors does the clinic in Bolivia employ?", "Bolivia"),
        ("How many doctors work in Sweden?", "Sweden"),
        ("How many patients did the clinic treat in 2031?", "2031"),
        ("When was the Marlow clinic founded?", "date"),
        ("How many nurses does the Marlow clinic employ?", "nurses"),
        ("How many students did the night school teach?", "students"),
    ],
)
def test_what_the_documents_do_not_say_is_refused_by_name(draft, question, missing):
    refusal = draft(question, CLINIC, SCHOOL)
    assert (refusal.status, refusal.sentences) == ("not_found", [])
    assert refusal.message.startswith("The documents don't say.")
    assert missing in refusal.message


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Who founded the Marlow clinic?", "Paula Stein"),
        ("Who founded the night school?", "René Fournier"),
        ("How many doctors does the Marlow clinic employ?", "120"),
        ("How many doctors work in Norway?", "120"),
        ("How many patients did it treat in 2011?", "40,000"),
        ("Where is the Marlow clinic?", "Norway"),
        ("When did René Fournier retire?", "2015"),
        ("When did Rene\u0301 Fournier retire?", "2015"),
    ],
)
def test_what_they_do_say_is_not(draft, question, answer):
    found = draft(question, CLINIC, SCHOOL)
    assert found.status == "answered"
    assert answer in shown(found)


def test_initials_of_somebody_are_not_somebody(draft):
    visit = "The delegation visited Caracas on 4 May 2003. The PM signed the treaty at 10 AM."
    assert draft("When did Anna Meyer visit Caracas?", visit).status == "not_found"
    assert draft("When did Peter Miller sign the treaty?", visit).status == "not_found"


def test_latin_america_is_not_the_united_states(draft):
    doctors = "About 200 doctors work across Latin America."
    assert draft("How many doctors work in the United States?", doctors).status == "not_found"


def test_accents_as_combining_marks_are_the_same_name(draft):
    found = draft("When did René Fournier retire?", SCHOOL.replace("é", "e\u0301"))
    assert "2015" in shown(found)


@pytest.mark.parametrize("name", ["Anna Berg", "Ines Calder", "Amara Okafor", "Hiroshi Tanaka"])
def test_a_person_is_found_whatever_the_name(draft, name):
    found = draft(
        "Who opened the bridge?", f"The bridge was opened in 1904 by the engineer {name}."
    )
    assert found.status == "answered"
    (sentence,) = found.sentences
    assert [sentence.text[slice(*span)] for span in sentence.highlights] == [name]


@pytest.mark.parametrize("place", ["Oslo", "Lyon", "Halden Castle", "the old customs house"])
def test_a_place_is_found_whatever_its_name(draft, place):
    text = f"The night school was moved to {place} in 2016."
    assert draft("Where was the night school moved to?", text).status == "answered"


@pytest.mark.parametrize(
    "question", ["🙂🙂🙂", "?!...", "a", "what is it", "橋はいつ開通しましたか?"]
)
def test_a_question_about_nothing_in_the_documents_is_refused(draft, question):
    refusal = draft(question, CLINIC, "Lessons are free 👩\u200d🏫 for every non\u2011resident.")
    assert (refusal.status, refusal.sentences) == ("not_found", [])


def test_an_empty_index_is_said_to_be_empty(draft):
    refusal = draft("When was the clinic founded?")
    assert refusal.status == "not_found"
    assert "nothing" in refusal.message


CODES = "E1: the tank is empty.\nE2: the pump is blocked.\nE4: the lid is open."


def test_a_day_is_no_time_of_the_day(draft):
    text = "The next meeting of the Guild will be held on 20 March 2025."
    refusal = draft("What time does the next meeting of the Guild start?", text)
    assert (refusal.status, refusal.message) == (
        "not_found",
        "The documents don't say. The nearest passages don't give a time.",
    )
    assert draft("What day is the next meeting of the Guild?", text).status == "answered"


@pytest.mark.parametrize(
    ("question", "text", "found"),
    [
        ("When is the Guild open in winter?", "In summer the Guild is open until 18:00.", False),
        ("When is the Guild open in summer?", "In summer the Guild is open until 18:00.", True),
        (
            "When is the Guild open in winter?",
            "From November to March the Guild is open until 16:00; in summer until 18:00.",
            True,
        ),
        (
            "When is the Guild open in winter?",
            "Outside summer the Guild opens 10:00 to 16:00.",
            True,
        ),
        ("What time does the Guild pool close?", "The pool of the Guild closes at 9.", True),
        ("When do the stiches come out?", "The stitches come out on day 14, on a Monday.", True),
        (
            "How much heat is lost through the roof?",
            "The heat pump costs 12,000 euros and stops heat being lost through the roof.",
            False,
        ),
        ("What year was the Guild founded?", "The Guild was founded on 3 June 1889.", True),
        ("What year was the Guild founded?", "The Guild was founded on a Sunday in June.", False),
        ("When was Edmund Stein born?", "Paula Stein\n\nPaula was born in 1848.", False),
        ("When was the beetle named after Mrs Stein?", "It was named after Stein in 1898.", True),
        ("When are the seals fed?", "Feeding the seals can be watched at 15:00.", True),
        ("What do coaches pay for parking?", "Coaches must park at the Harbour Lot.", False),
        ("What do coaches pay for parking?", "Coaches pay nothing for parking.", True),
        ("How much money came from donations?", "Income came to €852,550.", False),
    ],
)
def test_what_a_sentence_must_be_about_and_give(draft, question, text, found):
    assert (draft(question, text).status != "not_found") is found


def test_a_line_about_one_code_does_not_answer_for_another(draft):
    assert shown(draft("What does error E2 mean?", CODES)) == "E2: the pump is blocked."
    refused = draft("What does error E7 mean?", CODES)
    assert (refused.status, "E7" in refused.message) == ("not_found", True)


def test_a_code_may_be_written_in_two_words(draft):
    console = "The PlayStation 3 was sold for 499 dollars."
    assert shown(draft("What did the PS3 cost?", console)) == console
    assert draft("What did the PS5 cost?", console).status == "not_found"
    page = "On page 3 of the list a chair is sold for 499 dollars."
    assert draft("What did the P3 cost?", page).status == "not_found"


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("When is the office open?", "The office is open on Wednesdays from 9 to 12."),
        ("How often does the council of Orm meet?", "The council of Orm meets every month."),
        ("How long does the lease of the mill run?", "The lease of the mill runs for two years."),
        ("How tall is the Harwick Tower?", "The Harwick Tower is 43 metres and stands by the sea."),
        ("What does admission to the museum cost?", "Admission to the museum is free."),
    ],
)
def test_times_and_number_words_answer(draft, question, answer):
    assert shown(draft(question, answer)) == answer


def test_a_sentence_of_another_year_is_no_answer(draft):
    text = (
        "In 2023 the fair of Marlow had 1,150 visitors. "
        "In 2022 the fair of Marlow had 980 visitors."
    )
    found = draft("How many visitors did the fair of Marlow have in 2022?", text)
    assert [s.text for s in found.sentences] == ["In 2022 the fair of Marlow had 980 visitors."]
    assert draft("How many visitors did the fair of Marlow have in 2021?", text).status == (
        "not_found"
    )


def test_a_surname_before_is_who_a_pronoun_means_if_the_passage_names_them_in_full(draft):
    text = (
        "Thomas Vane kept the station of Halden.\n\nVane's salary was £90 in 1898, with the house. "
        "In 1920 his salary was £165."
    )
    found = draft("What was Thomas Vane's salary in 1920?", text)
    assert "In 1920 his salary was £165." in [s.text for s in found.sentences]


def test_until_when_may_be_told_by_days_beforehand(draft):
    text = "A booking of the hall can be cancelled free of charge up to a fortnight beforehand."
    assert draft("Until when can I cancel a booking of the hall?", text).status == "answered"


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("When did visitors first come to Halden?", "In 1850 visitors first came to Halden."),
        ("When did people leave Halden?", "In 1950 people left Halden for Marlow."),
        ("When did Miles Garth build the mill?", "In 1850 Miles Garth built the mill."),
    ],
)
def test_a_year_is_one_whatever_follows(draft, question, text):
    assert draft(question, text).status == "answered"


@pytest.mark.parametrize(
    ("question", "other"),
    [
        ("How many divers work at the port of Halden?", "12 drivers work at the port of Halden."),
        ("How many contracts does the port of Halden have?", "The port of Halden has 40 contacts."),
    ],
)
def test_another_word_is_no_slip_in_what_is_counted(draft, question, other):
    assert draft(question, other).status == "not_found"
