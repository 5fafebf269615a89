"""Models that refuse the limit or the temperature they are asked with, as reasoning models do.

Which model does is told by its refusal and not by its name: names are new every month, and a
gateway gives them others.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from llama_index.core.llms import LLM
    from llama_index.llms.openai import OpenAI


def accommodate(model: LLM, refusal: Exception) -> bool:
    """Have ``model`` asked as it wants to be from now on; False if that is not why it refused."""
    if getattr(refusal, "status_code", None) != HTTPStatus.BAD_REQUEST or not hasattr(
        model, "max_tokens"
    ):
        return False
    asked = cast("OpenAI", model)  # only its errors have a ``param``, or speak of the other limit
    if "max_completion_tokens" in str(refusal):  # "Use 'max_completion_tokens' instead."
        if asked.max_tokens is not None:  # not done by another call of this model meanwhile
            most = {"max_completion_tokens": asked.max_tokens}
            asked.additional_kwargs = {**asked.additional_kwargs, **most}
            asked.max_tokens = None
        return True
    if getattr(refusal, "param", None) == "temperature":
        asked.temperature = 1.0  # the only one they take
        return True
    return False
