"""Follow-ups become questions that stand alone; new topics are left alone."""

import pytest

from rag.clarify import clarification, open_reference
from rag.conversation import standalone
from rag.schema import Message, Passage

MISSION = "What is the Robinson mission?"
MISSION_ANSWER = "The Robinson mission teaches adults to read and write. [1]"
BACK = "What do you mean by “it”? For instance: Robinson or Marlow."
DIRECTOR = "Who is the director of the Marlow clinic?"
DIRECTOR_ANSWER = "Its director is Paula Stein, a surgeon from Bergen.[1]"


def turns(*contents):
    roles = ("user", "assistant")
    return [Message(role=roles[n % 2], content=text) for n, text in enumerate(contents)]


@pytest.mark.parametrize(
    ("history", "question", "held"),
    [
        (
            (MISSION, MISSION_ANSWER),
            "When was it established?",
            ["When", "Robinson", "established"],
        ),
        (
            (MISSION, MISSION_ANSWER),
            "Why was the programme founded?",
            ["Why", "Robinson", "founded"],
        ),
        ((MISSION, MISSION_ANSWER), "And its budget?", ["Robinson", "budget"]),
        ((MISSION, MISSION_ANSWER), "How much does it cost?", ["Robinson", "cost"]),
        (("When was the Robinson mission founded?", "In 2003."), "why?", ["why", "Robinson"]),
        (("When was the Robinson mission founded?", "In 2003."), "By whom?", ["whom", "Robinson"]),
        (
            ("Who opened the Halden bridge?", "Maria Lopez, in a storm."),
            "And when was that?",
            ["when did somebody open the Halden bridge"],
        ),
        (
            ("When was the school founded?", "In 1998."),
            "Where did this happen?",
            ["Where was the school founded"],
        ),
        ((DIRECTOR, DIRECTOR_ANSWER), "Where is she from?", ["Where", "Paula Stein", "from"]),
        ((DIRECTOR, DIRECTOR_ANSWER), "What is her profession?", ["Paula Stein's profession"]),
        (("What did Trump say about Cuba?", "He said no."), "and Rubio?", ["Rubio", "say", "Cuba"]),
        (
            ("How many doctors are in Cuba?", "12."),
            "What about Spain?",
            ["How many doctors", "Spain"],
        ),
        (
            (MISSION, MISSION_ANSWER, "When was it founded?", "In 2003."),
            "Who leads it?",
            ["Robinson"],
        ),
        ((MISSION, MISSION_ANSWER, "Why?", "It helps."), "When was it founded?", ["Robinson"]),
        ((MISSION, "The documents don't say."), "Who leads it?", ["Robinson"]),
        (("Tell me about the benefits of yoga.",), "Does it reduce stress?", ["yoga reduce"]),
        (("What is melatonin?",), "What are the side effects?", ["effects of melatonin"]),
        (
            ("What is taurine?", "An acid.", "What are the effects of energy drinks?", "Many."),
            "Why are they harmful?",
            ["energy drinks harmful"],
        ),
        (("When was it founded?", BACK), "The Robinson mission", ["the robinson mission founded"]),
        (
            ("What is its budget?", BACK.replace("it”", "its”")),
            "Marlow clinic",
            ["Marlow clinic's"],
        ),
    ],
)
def test_a_follow_up_is_filled_in(history, question, held):
    resolved = standalone(question, turns(*history)).lower()
    assert [words for words in held if words.lower() not in resolved] == []


@pytest.mark.parametrize(
    ("question", "reference"),
    [
        ("When was it founded?", "it"),
        ("What does she do?", "she"),
        ("What is its budget?", "its"),
        ("why?", "why"),
        ("What is the purpose of that mission?", "that mission"),
        ("When was the Halden bridge opened?", None),
        ("How long does it take to learn Norwegian?", None),
        ("why did jamie kill her mom in halloween 4", None),
        ("Is it true that the bridge is old?", None),
        ("Which bridge is in this year's report?", None),
        ("", None),
    ],
)
def test_what_only_a_conversation_could_fill_in(question, reference):
    assert open_reference(question) == reference


@pytest.mark.parametrize(
    ("history", "question", "gone"),
    [
        (("What did Trump say about Cuba?", "No."), "and Rubio?", "Trump"),
        (("How many doctors are in Cuba?", "12."), "What about Spain?", "Cuba"),
        (("When was the Halden bridge opened?", "1904."), "And the night school?", "the the"),
        ((DIRECTOR, DIRECTOR_ANSWER), "Where is she from?", "[1]"),
    ],
)
def test_what_is_replaced_is_gone(history, question, gone):
    assert gone not in standalone(question, turns(*history))


@pytest.mark.parametrize(
    "question",
    [
        "Who founded the night school?",
        "What is the capital of France?",
        "How many doctors work in Norway?",
        "Is there a clinic in Oslo?",
        "Did Maria say that the bridge is old?",
        "What did Maria Lopez say about her bridge?",
        "橋はいつ開通しましたか?",
    ],
)
def test_a_new_topic_is_left_alone(question):
    assert standalone(question, turns(MISSION, MISSION_ANSWER)) == question


@pytest.mark.parametrize("question", ["When was it established?", "why?", "and Rubio?"])
def test_without_a_history_nothing_changes(question):
    assert standalone(question, []) == question


@pytest.mark.parametrize("question", ["?", "🙂", "it", "and", "what about", "why " * 500, "\n"])
@pytest.mark.parametrize(
    "history", [(MISSION, MISSION_ANSWER), ("", ""), ("🙂", "?"), ("why?", "[1]")]
)
def test_any_turn_can_be_resolved(question, history):
    assert isinstance(standalone(question, turns(*history)), str)


def test_turns_in_any_order_are_taken():
    history = [Message(role="assistant", content="Hello, ask me."), *turns(MISSION)]
    assert "Robinson" in standalone("When was it founded?", history)


@pytest.mark.parametrize(
    ("history", "question", "understood"),
    [
        (  # a person in the person's role
            ("What does Ines Calder demand about Norway?", "Better ferries."),
            "and Lopez?",
            "What does Lopez demand about Norway?",
        ),
        (
            ("What did Maria Lopez say about Norway?", "Nothing."),
            "And Spain?",
            "What did Maria Lopez say about Spain?",
        ),
        (
            ("How many doctors were sent to Norway?", "12."),
            "and nurses?",
            "How many nurses were sent to Norway?",
        ),
        (("What happened in 2004?", "A strike."), "What about 2005?", "What happened in 2005?"),
        (("What did Norway send?", "Nurses."), "And in 2005?", "What did Norway send in 2005?"),
        (("Is chilli a stew?", "Yes."), "How about goulash?", "Is goulash a stew?"),
    ],
)
def test_an_ellipsis_takes_the_place_of_its_like(history, question, understood):
    assert standalone(question, turns(*history)) == understood


@pytest.mark.parametrize(
    ("correction", "understood"),
    [
        ("no, I meant Spain", "How many doctors were sent to Spain in 2004?"),
        ("sorry, 2005", "How many doctors were sent to Norway in 2005?"),
        ("I meant 2005", "How many doctors were sent to Norway in 2005?"),
        ("I meant nurses", "How many nurses were sent to Norway in 2004?"),
        ("not Norway, Spain", "How many doctors were sent to Spain in 2004?"),
        ("Spain, not Norway", "How many doctors were sent to Spain in 2004?"),
        ("Sorry, I mean when was Halden founded?", "when was Halden founded?"),
        ("Actually, who founded the night school?", "who founded the night school?"),
    ],
)
def test_a_correction_is_put_where_it_belongs(correction, understood):
    before = turns("How many doctors were sent to Norway in 2004?", "Twelve.")
    assert standalone(correction, before) == understood


def test_what_was_signed_is_what_it_is_that_somebody_signed():
    before = turns(
        "When was the Marlow Agreement signed?",
        "In 2000.",
        "What did Norway promise in it?",
        "Norway promised nurses.",
        "And what did Spain send?",
        "Spain sent teachers.",
    )
    assert standalone("Who signed it?", before) == "Who signed the Marlow Agreement?"


@pytest.mark.parametrize(
    ("history", "question", "held"),
    [
        ((MISSION, MISSION_ANSWER), "Who paid for the result?", "the result (Robinson mission)"),
        (
            ("What is Los Pinos?", "A rehabilitation center.", "Who treats feet?", "Doctors do."),
            "How many beds does the center have?",
            "the center (Los Pinos)",
        ),
        (
            ("When was the Halden bridge opened?", "1904.", "And the Marlow clinic?", "In 1990."),
            "Who paid for the first of the two?",
            "the first of the two (Halden bridge)",
        ),
        (
            ("How many beds has the Marlow clinic?", "12.", "Who is Ines Calder?", "A pilot."),
            "Back to the hospitals: who leads that institution?",
            "(Marlow clinic)",
        ),
        (("Where does Maria Lopez live?", "In Oslo."), "What does Lopez do?", "Maria Lopez do"),
        (("Who built the Halden bridge?", "Ines Calder."), "Tell me more.", "the Halden bridge"),
    ],
)
def test_a_description_is_explained_and_kept(history, question, held):
    resolved = standalone(question, turns(*history))
    assert held in resolved
    for word in question.strip(" ?.").split():
        assert word in resolved


def test_he_is_a_person_and_named_once():
    before = turns("Who learned to read at 60?", "A worker in Oslo, with the Robinson method.")
    resolved = standalone("Where was he when he read the constitution?", before)
    assert resolved == "Where was the worker when he read the constitution?"


@pytest.mark.parametrize(
    "question",
    [
        "A different question: how many clinics are there?",
        "Let's talk about the Halden bridge. When was it opened?",
        "As for Ines Calder, where was she born?",
        "Why do gas stations charge different amounts?",
    ],
)
def test_a_switch_of_topic_leaves_the_old_one(question):
    assert standalone(question, turns(MISSION, MISSION_ANSWER)) == question


def passages(*texts):
    return [
        Passage(
            id=f"p{n}",
            document=f"d{n}",
            source=f"{n}.md",
            title=f"Clinic {n}",
            text=text,
            start=0,
            end=len(text),
        )
        for n, text in enumerate(texts)
    ]


CLINICS = passages("The clinic in Oslo offers tests.", "This clinic in Bergen treats feet.")


@pytest.mark.parametrize(
    ("history", "question", "found", "asked"),
    [
        ((MISSION, MISSION_ANSWER), "What services does the clinic provide?", CLINICS, True),
        ((), "What services does the clinic provide?", CLINICS, True),
        ((), "what services does the clinic provide", CLINICS, False),
        ((), "What services does the clinic in Oslo provide?", CLINICS, False),
        ((), "What services does the clinic provide?", CLINICS[:1], False),
        ((DIRECTOR, DIRECTOR_ANSWER), "What services does the clinic provide?", CLINICS, False),
        (("Where is Oslo?", "Up north."), "What does the clinic provide?", CLINICS, False),
        ((), "This is one of few clinics with a garden.", CLINICS, True),
    ],
)
def test_the_clinic_is_asked_about_where_nothing_says_which(history, question, found, asked):
    before = turns(*history)
    back = clarification(question, standalone(question, before), before, found)
    assert (back is not None) == asked
    if back:
        assert "Clinic 0 or Clinic 1" in back


def test_the_reply_to_a_question_back_is_put_in_without_the_old_topic():
    question = "What services does the clinic provide?"
    back = "What do you mean by “the clinic”? For instance: We Care Clinic or North Clinic."
    before = turns(MISSION, MISSION_ANSWER, question, back)
    assert standalone("We Care Clinic", before) == "What services does We Care Clinic provide?"


@pytest.mark.parametrize("question", ["and?", "So?", "but?", "or?", "What about?", "Then ..."])
def test_a_connective_alone_is_left_alone_and_does_not_break_what_follows(question):
    before = [MISSION, MISSION_ANSWER]
    assert standalone(question, turns(*before)) == question
    after = turns(*before, question, "What about what?")
    assert "Robinson" in standalone("When was it established?", after)
    assert isinstance(standalone(question, after), str)


@pytest.mark.parametrize(
    ("question", "reference", "understood"),
    [
        ("The clinic was opened when?", "the clinic", "Los Sauzales was opened when?"),
        ("Why?", "Why", "Why? (Los Sauzales)"),
        ("When was the “clinic” opened?", "the clinic", None),
        ("Does IT staff clean it?", "it", "Does IT staff clean Los Sauzales?"),
    ],
)
def test_the_reply_to_a_question_back_is_never_lost(question, reference, understood):
    back = f"What do you mean by “{reference}”? For instance: Los Sauzales or North Clinic."
    resolved = standalone("Los Sauzales", turns(question, back))
    assert resolved == (understood or f"{question} (Los Sauzales)")


@pytest.mark.parametrize(
    "question",
    [
        "No doctors were sent to Spain?",
        "No-fly zones were set up by Spain?",
        "Wait times in hospitals rose by how much?",
        "Rather than doctors, what did Spain send?",
        "Actually existing socialism is what?",
        "no, and?",
        "no, not Norway",
        "No, not Norway!",
    ],
)
def test_what_only_looks_like_a_correction_is_left_alone(question):
    before = turns("How many doctors were sent to Norway in 2004?", "Twelve.")
    assert standalone(question, before) == question


@pytest.mark.parametrize(
    "correction",
    [
        "no I meant Spain",
        "No wait, Spain",
        "no - Spain",
        "no not Norway, Spain",
        "no, rather Spain",
    ],
)
def test_a_correction_needs_a_pause_or_what_was_meant(correction):
    before = turns("How many doctors were sent to Norway in 2004?", "Twelve.")
    assert standalone(correction, before) == "How many doctors were sent to Spain in 2004?"


@pytest.mark.parametrize(
    ("asked", "word", "understood"),
    [
        (
            "How many doctors did Cuba send to Venezuela?",
            "Why?",
            "Why did Cuba send doctors to Venezuela?",
        ),
        ("Which book did Maria Lopez write?", "When?", "When did Maria Lopez write the book?"),
        ("How many nurses has Norway trained?", "Why?", "Why has Norway trained nurses?"),
        ("What services does the clinic provide?", "Why?", "Why does the clinic provide services?"),
        ("How many doctors work in Norway?", "Why?", None),
        ("Which country did Cuba send doctors to?", "Why?", None),
        ("In which hospital did Maria Lopez work?", "When?", None),
        ("How many doctors were sent to Norway?", "When?", None),
        ("Which day did the bridge open?", "Why?", None),
    ],
)
def test_a_bare_question_word_after_how_many_and_which(asked, word, understood):
    expected = understood or f"{word[:-1]}: {asked}"
    assert standalone(word, turns(asked, "Some.")) == expected


def test_a_bare_question_word_does_not_pile_up():
    before = turns("How many doctors work in Norway?", "12.", "Why?", "For the pay.")
    assert standalone("Since when?", before) == "Since when: How many doctors work in Norway?"
