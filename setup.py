"""Build steps beyond pyproject.toml: the runtime's source and the examples travel inside the package.

In a checkout they stand beside it (``rust_runtime``, ``examples``), and the package looks there first.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).resolve().parent
RUNTIME_LEFT_OUT = ("target", "tests", "benches", "__pycache__", "proptest-regressions")
EXAMPLE_FILES = ("strategy.py", "sample.csv")


class BuildWithRuntime(build_py):
    """Copies both beside the modules; an editable install has them in the checkout."""

    def run(self) -> None:
        super().run()
        if self.editable_mode:
            return
        package = Path(self.build_lib) / "florecon_build"
        left_out = shutil.ignore_patterns(*RUNTIME_LEFT_OUT)
        runtime = package / "_runtime"
        shutil.rmtree(runtime, ignore_errors=True)
        shutil.copytree(ROOT / "rust_runtime", runtime, ignore=left_out)
        for sample in sorted((ROOT / "examples").glob("*/sample.csv")):
            target = package / "_examples" / sample.parent.name
            target.mkdir(parents=True, exist_ok=True)
            for name in EXAMPLE_FILES:
                shutil.copyfile(sample.parent / name, target / name)


setup(cmdclass={"build_py": BuildWithRuntime})
