"""Three small documents about a place that is not, one of them hostile."""

from __future__ import annotations

LIGHTHOUSE = """---
title: The lighthouse at Lindow
date: 2021-05-04
---

# The lighthouse at Lindow

The lighthouse at Lindow was built in 1871 by the engineer Mary Ash. Its tower is 43 metres tall.

The lamp was switched from oil to electricity in 1926.
"""
FERRY = """The ferry to Lindow

A single ferry ticket costs <b>12 crowns</b> <script>window.ran = 1</script>
<img src="x" onerror="window.ran = 1"> for adults. ${window.ran = 1} {{constructor}}

The ferry crossing takes 25 minutes.
"""
HARBOUR = """<html><head><title>The harbour of Lindow</title></head><body>
<h1>The harbour of Lindow</h1><p>The harbour master is Tomas Reed. He has held the office since
2009.</p></body></html>
"""
BUILT = "When was the lighthouse at Lindow built?"
UNKNOWN = "Who painted the ceiling of the opera house in Vienna?"


def write_documents(folder):
    folder.mkdir(parents=True)
    (folder / "lighthouse.md").write_text(LIGHTHOUSE, encoding="utf-8")
    (folder / "ferry.txt").write_text(FERRY, encoding="utf-8")
    (folder / "harbour.html").write_text(HARBOUR, encoding="utf-8")
    return folder
