"""The doors: web chat, HTTP and terminal, all over the same Assistant."""
