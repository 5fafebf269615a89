"""Conversations to follow up on."""

from __future__ import annotations

from rag.schema import Message

MISSION = "What is the Robinson mission?"
MISSION_ANSWER = "The Robinson mission teaches adults to read and write. [1]"
BACK = "What do you mean by “it”? For instance: Robinson or Marlow."
DIRECTOR = "Who is the director of the Marlow clinic?"
DIRECTOR_ANSWER = "Its director is Paula Stein, a surgeon from Bergen.[1]"


def turns(*contents):
    roles = ("user", "assistant")
    return [Message(role=roles[n % 2], content=text) for n, text in enumerate(contents)]
