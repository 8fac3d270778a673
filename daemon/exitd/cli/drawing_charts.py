"""Writing a picture to where somebody wants it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from exitd.cli.failures import CommandFailed, WrongUsage

if TYPE_CHECKING:
    from exitd.adapters.charts.picture import Picture

KINDS = ("png", "svg", "html")


def chart_kind(path: Path) -> str:
    """Give the kind of picture that a file's name asks for."""
    kind = path.suffix.removeprefix(".").lower()
    if kind not in KINDS:
        raise WrongUsage(f"{path}: a chart ends in .png, .svg or .html")
    return kind


def write_chart(path: Path, picture: Picture) -> None:
    """
    Draw a picture into a file, in place of one that is there.

    Raises:
        CommandFailed: The file cannot be written.
        ChartsMissing: matplotlib is not installed.
    """
    from exitd.adapters.charts.drawing import draw
    from exitd.adapters.charts.page import page

    kind = chart_kind(path)
    drawn = page(picture) if kind == "html" else draw(picture, kind)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(drawn)
    except OSError as error:
        raise CommandFailed(
            f"{path} cannot be written ({error.strerror}); name another file"
        ) from error
