"""Generator of docs/cli.md, from the help of the command line.

python -m scripts.cli_reference
"""

from __future__ import annotations

import html
import os
import re
import subprocess
import sys
from pathlib import Path

from florecon_build.cli.exit_codes import MEANING

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "cli.md"
APP = "florecon_build.cli.app"
HEAD = """\
# The command line

This page is the reference of the command `florecon-build` (or `python -m florecon_build`). An error is printed as one
message with a suggested fix; `florecon-build --debug COMMAND` adds the traceback. `--json` prints one JSON document to
standard output; progress and warnings go to standard error. `florecon-build --install-completion` installs completion
of commands and options for bash, zsh, fish and PowerShell.

The page is generated: `python -m scripts.cli_reference`.

"""


def reference() -> str:
    """The page: what every command says of itself, then the exit codes."""
    command = [sys.executable, "-m", "typer", APP, "utils", "docs", "--name", "florecon-build"]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "100"}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=True)
    return HEAD + _commands(done.stdout) + _codes()


def _commands(said: str) -> str:
    """The generator's page without its title, the codes of ``run``, and the ``--help`` of every command."""
    body = html.unescape(said.partition("**Options**")[2])
    body = "## Options of every command\n" + body.partition(":\n")[2]
    body = re.sub(r"^Exit codes:\n.*?(?=^\*\*Usage)", "Exit codes: [below](#exit-codes).\n\n", body, flags=re.M | re.S)
    body = re.sub(r"^\* `--help`: .*\n", "", body, flags=re.M)
    body = re.sub(r"^\*\*Options\*\*:\n\n(?!\*)", "", body, flags=re.M)  # there was only --help
    body = re.sub(r"^(#+) `florecon-build (.*)`$", r"\1 \2", body, flags=re.M)
    body = re.sub(r"^\*\*(Usage|Arguments|Options|Commands)\*\*:$", r"\1:", body, flags=re.M)
    body = re.sub(r"^Commands:\n\n((?:\* .*\n)+)", lambda found: _links(found[1]), body, flags=re.M)
    body = re.sub(r"\[default: \(?([^;\n]*?)\)?(?:; x>=.*)?\]$", r"Default: `\1`.", body, flags=re.M)
    body = re.sub(r"  \[(required|x>=.*)\]$|  (?=Default: )", " ", body, flags=re.M)
    return re.sub(r"\n{3,}", "\n\n", body).replace("```console\n$ ", "```text\n").replace(" \n", "\n").rstrip() + "\n\n"


def _links(listed: str) -> str:
    """The commands of a group: what they do stands below."""
    names = re.findall(r"`(.*?)`", listed)
    return f"Commands: {', '.join(f'[{name}](#{name})' for name in names)}.\n" if len(names) > 1 else ""


def _codes() -> str:
    rows = "\n".join(f"| {code.value} | {meaning} |" for code, meaning in MEANING.items())
    return f"## Exit codes\n\nA code never changes its meaning.\n\n| code | meaning |\n|---|---|\n{rows}\n"


if __name__ == "__main__":
    PAGE.write_text(reference(), encoding="utf-8")
    print(PAGE.relative_to(ROOT))
