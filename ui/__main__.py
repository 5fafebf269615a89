"""``python -m ui`` is ``footnote``."""

from ui.cli import main

main()
