"""Where answers are composed: from quotes alone, or by a language model."""
