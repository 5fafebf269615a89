"""What can be wrong with how Footnote is set up, told where the setting is read."""


class BadModel(ValueError):
    """A model that a setting names cannot be used; says why, and what it could be."""
