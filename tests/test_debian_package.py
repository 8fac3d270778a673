"""What the package for Debian must never do; it is built and tried in .ci/run."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent.parent / "systemd"
SCRIPTS = ("postinst", "prerm", "postrm")


def code_of(name: str) -> str:
    """What a script does, without its comments."""
    lines = (FOLDER / "deb" / name).read_text().splitlines()
    return "\n".join(line for line in lines if not line.lstrip().startswith("#"))


def test_given_an_install_when_it_is_set_up_then_nothing_is_enabled_or_started():
    asked = re.findall(r"systemctl (\S+)", code_of("postinst"))

    assert asked == ["daemon-reload", "try-restart"]


@pytest.mark.parametrize("script", SCRIPTS)
def test_given_a_removal_when_carried_out_then_no_key_and_no_state_goes(script: str):
    code = code_of(script)

    assert "rm -r" not in code
    assert "shred" not in code
    # Only what `tmpfiles` made, and only while it is empty.
    for line in re.findall(r".*\brm (?!-).*", code):
        assert '! [ -s "$key" ]' in line


def test_given_a_file_that_another_environment_has_when_packed_then_told_what_to_do(
    tmp_path: Path,
):
    build = (FOLDER / "deb" / "build").read_text()
    check = build[build.index("refuse_links() {") :].partition("\n}\n")[0] + "\n}\n"
    packages, cache = tmp_path / "packages", tmp_path / "cache"
    for folder in (packages, cache):
        folder.mkdir()
    (cache / "fast.so").write_bytes(b"")

    def refused() -> subprocess.CompletedProcess[str]:
        words = ["bash", "-euc", check + 'refuse_links "$1"', "-", str(packages)]
        return subprocess.run(words, capture_output=True, text=True, check=False)

    alone = refused()
    (packages / "fast.so").hardlink_to(cache / "fast.so")
    shared = refused()

    assert (alone.returncode, alone.stderr) == (0, "")
    assert shared.returncode == 1
    assert shared.stderr.startswith(f"{packages}/fast.so has other names")
    assert "build without uv" in shared.stderr
    assert shared.stderr.count("\n") == 1


def test_given_the_unit_when_it_names_a_program_then_the_package_needs_it():
    control = (FOLDER / "deb" / "control").read_text()
    unit = (FOLDER / "exitd.service").read_text()

    assert "ExecReload=/bin/kill " in unit
    (depends,) = re.findall(r"^Depends: (.*)$", control, re.MULTILINE)
    needed = {part.split()[0] for part in depends.split(", ")}
    assert {"@PYTHON@", "procps", "systemd"} <= needed


def test_given_the_configuration_when_packed_then_it_begins_on_paper():
    text = (FOLDER.parent / "config" / "exitd.yaml").read_text()
    build = (FOLDER / "deb" / "build").read_text()

    assert re.search(r"^mode: paper$", text, re.MULTILINE)
    # Positions of the examples belong to nobody who installs it.
    assert not re.search(r"config\S*conf\.d.*etc/exitd", build)


def test_given_vendored_libraries_when_listed_then_each_file_is_of_that_version():
    vendor = FOLDER.parent / "daemon" / "exitd" / "web" / "static" / "vendor"
    notice = (vendor / "lightweight-charts.NOTICE").read_text().replace("\n", " ")
    lister = (FOLDER / "deb" / "sbom.py").read_text()

    for name, file in (
        ("lightweight-charts", "lightweight-charts.mjs"),
        ("uplot", "uplot.js"),
    ):
        head = (vendor / file).read_text()[:400]
        (version,) = re.findall(r"\bv(\d+\.\d+\.\d+)", head)
        assert f"{name} {version}" in notice.lower()
        assert f'("{name}", "{file}"' in lister


def test_given_the_package_when_built_then_it_says_what_it_is_made_of():
    build = (FOLDER / "deb" / "build").read_text()
    steps = ("install_program", "describe_program", "settle_program")

    order = [build.rindex(f"\n{step}\n") for step in steps]

    assert order == sorted(order)
    assert '"$share/exitd.cdx.json"' in build
