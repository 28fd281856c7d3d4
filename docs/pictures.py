"""Makes the pictures in this folder again: `python docs/pictures.py [FOLDER [PAGE]...]`.

Each picture is what a command really prints on a terminal of so many columns, drawn as SVG on a dark and
on a light background. Blocks are drawn as rectangles, so that bars have no gaps in any font, and every
other run of characters is as wide as its cells, so that columns stand below each other in any font.
"""

from __future__ import annotations

import fcntl
import os
import re
import struct
import subprocess
import sys
import tempfile
import termios
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape
from itertools import groupby
from pathlib import Path

from rich.ansi import AnsiDecoder
from rich.cells import cell_len
from rich.color import blend_rgb, parse_rgb_hex
from rich.color_triplet import ColorTriplet
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from rich.terminal_theme import TerminalTheme

ROOT = Path(__file__).parents[1]
CELL_WIDTH, CELL_HEIGHT, BASELINE, FONT_SIZE, MARGIN = 8.4, 18, 13.5, 14, 14

AS_OF = ["--as-of", "2026-11-05"]


@dataclass(frozen=True)
class Page:
    """A command to draw, at some widths, up to the line that begins with `until`."""

    arguments: list[str]
    widths: tuple[int, ...]
    until: str | None = None


PAGES = {
    "readme": Page(["report", "examples/events.csv", *AS_OF], (80,), until="Contacts Connected"),
    "demo": Page(["demo", *AS_OF], (80, 120)),
}


@dataclass(frozen=True)
class Look:
    """A terminal's colours."""

    name: str
    theme: TerminalTheme

    @classmethod
    def of(cls, name: str, back: str, front: str, normal: str, bright: str) -> Look:
        """A look from colours as hexadecimal numbers, the eight normal and the eight bright ones in order."""
        [background], [foreground] = rgb(back), rgb(front)
        return cls(name, TerminalTheme(background, foreground, rgb(normal), rgb(bright)))


def rgb(colours: str) -> list[tuple[int, int, int]]:
    """Hexadecimal colours as numbers."""
    return [parse_rgb_hex(colour) for colour in colours.split()]


LOOKS = (
    Look.of(
        "dark",
        "0d1117",
        "c9d1d9",
        "484f58 ff7b72 3fb950 d29922 58a6ff bc8cff 39c5cf b1bac4",
        "6e7681 ffa198 56d364 e3b341 79c0ff d2a8ff 56d4dd ffffff",
    ),
    Look.of(
        "light",
        "ffffff",
        "24292f",
        "24292f cf222e 116329 4d2d00 0969da 8250df 1b7c83 6e7781",
        "57606a a40e26 1a7f37 633c01 218bff a475f9 3192aa 8c959f",
    ),
)

Rectangle = tuple[float, float, float, float]

LEFT_EIGHTHS = "▏▎▍▌▋▊▉█"
LOWER_EIGHTHS = "▁▂▃▄▅▆▇█"
QUARTERS = {"▘": (0, 0, 4, 4), "▝": (4, 0, 8, 4), "▖": (0, 4, 4, 8), "▗": (4, 4, 8, 8)}
QUARTERED = {"▞": "▝▖", "▚": "▘▗", "▛": "▘▝▖", "▜": "▘▝▗", "▙": "▘▖▗", "▟": "▝▖▗"}
BLOCKS: dict[str, list[Rectangle]] = {
    **{char: [(0, 0, eighths, 8)] for eighths, char in enumerate(LEFT_EIGHTHS, 1)},
    **{char: [(0, 8 - eighths, 8, 8)] for eighths, char in enumerate(LOWER_EIGHTHS, 1)},
    **{char: [quarter] for char, quarter in QUARTERS.items()},
    **{char: [QUARTERS[part] for part in parts] for char, parts in QUARTERED.items()},
    "▀": [(0, 0, 8, 4)],
    "▐": [(4, 0, 8, 8)],
    "▔": [(0, 0, 8, 1)],
    "▕": [(7, 0, 8, 8)],
    "─": [(0, 3.7, 8, 4.3)],
    "━": [(0, 3.4, 8, 4.6)],
    "│": [(3.4, 0, 4.6, 8)],
}
"""Characters that are drawn as rectangles: left, top, right and bottom in eighths of a cell."""


def make(folder: Path, names: list[str]) -> None:
    """Draw each of these pages at every width in every look."""
    for name in names:
        page = PAGES[name]
        for columns in page.widths:
            lines = shown(printed(page.arguments, columns), columns, page.until)
            for look in LOOKS:
                picture = "\n".join(svg(f"contactrep {' '.join(page.arguments)}", lines, columns, look))
                (folder / f"{name}-{columns}-{look.name}.svg").write_text(picture + "\n", encoding="utf-8")


def printed(arguments: list[str], columns: int) -> str:
    """What the program prints on a terminal of that width, with nobody's settings."""
    master, terminal = os.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    with tempfile.TemporaryDirectory() as home:
        running = subprocess.Popen(  # noqa: S603 - our own program, with our own words
            [Path(sys.executable).parent / "contactrep", *arguments],
            cwd=ROOT,
            stdin=terminal,
            stdout=terminal,
            stderr=subprocess.DEVNULL,
            env=environment(home),
        )
        os.close(terminal)
        text = b"".join(received(master)).decode()
        if running.wait() != 0:
            raise SystemExit(f"contactrep {' '.join(arguments)} ended with {running.returncode}")
    return text.replace("\r\n", "\n").rstrip("\n")


def shown(text: str, columns: int, until: str | None) -> list[list[Segment]]:
    """The lines of a terminal, long ones wrapped as it wraps them."""
    console = Console(width=columns)
    lines: list[list[Segment]] = []
    for line in AnsiDecoder().decode(text):
        if until is not None and line.plain.startswith(until):
            break
        cells = cell_len(line.plain)
        cuts = [*range(columns, cells, columns), max(cells, 1)]
        lines += Segment.divide([part for part in line.render(console) if part.text != "\n"], cuts)
    while lines and not "".join(part.text for part in lines[-1]).strip():
        lines.pop()
    return lines


def environment(home: str) -> dict[str, str]:
    """A fresh machine with a good terminal."""
    return {
        "HOME": home,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.defpath]),
        "LANG": "C.UTF-8",
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
        "TZ": "Asia/Kuala_Lumpur",
    }


def received(master: int) -> Iterator[bytes]:
    """What comes through a pseudo-terminal until the other side is closed."""
    with os.fdopen(master, "rb", buffering=0) as stream:
        try:
            while part := stream.read(65_536):
                yield part
        except OSError:  # Linux says so when the program has ended
            return


def svg(title: str, lines: list[list[Segment]], columns: int, look: Look) -> Iterator[str]:
    """The picture, element by element."""
    width = columns * CELL_WIDTH + 2 * MARGIN
    height = len(lines) * CELL_HEIGHT + 2 * MARGIN
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" '
        f'height="{height:g}" role="img" font-size="{FONT_SIZE}" '
        f"font-family=\"ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace\">"
    )
    yield f"<title>{escape(title)}</title>"
    back, edge = (
        look.theme.background_color,
        blend_rgb(look.theme.background_color, look.theme.foreground_color, 0.2),
    )
    yield (
        f'<rect x="0.5" y="0.5" width="{width - 1:g}" height="{height - 1:g}" rx="6" '
        f'fill="{back.hex}" stroke="{edge.hex}"/>'
    )
    for row, line in enumerate(lines):
        yield from drawn(line, MARGIN + row * CELL_HEIGHT, look)
    yield "</svg>"


def drawn(line: Iterable[Segment], top: float, look: Look) -> Iterator[str]:
    """One line of the terminal."""
    left = float(MARGIN)
    for text, style, _ in line:
        style = style or Style.null()
        front, back = colours(style, look)
        if back != look.theme.background_color:
            yield rectangle(left, top, cell_len(text) * CELL_WIDTH, CELL_HEIGHT, back)
        for run in runs(text):
            width = cell_len(run) * CELL_WIDTH
            if run[0] in BLOCKS:
                yield from block(run, left, top, front)
            elif not run.isspace():
                yield letters(run, left, top, front, style)
            left += width


def runs(text: str) -> Iterator[str]:
    """Pieces that are drawn at once: one full-width block repeated, wide gaps, ASCII words, other letters."""
    for _, run in groupby(enumerate(text), lambda place: run_kind(*place)):
        # SVG draws spaces one after another as one.
        yield from filter(None, re.split(r"( {2,})", "".join(char for _, char in run)))


def run_kind(place: int, char: str) -> str | int:
    """What the character at this place may stand in one run with; its place where it stands alone."""
    if char in BLOCKS:
        return char if all((left, right) == (0, 8) for left, _, right, _ in BLOCKS[char]) else place
    return "ascii" if char.isascii() else "letters"


def block(run: str, left: float, top: float, colour: ColorTriplet) -> Iterator[str]:
    """A run of one block character as rectangles."""
    for x, y, right, bottom in BLOCKS[run[0]]:
        width, height = (right - x) / 8 * CELL_WIDTH * len(run), (bottom - y) / 8 * CELL_HEIGHT
        yield rectangle(left + x / 8 * CELL_WIDTH, top + y / 8 * CELL_HEIGHT, width, height, colour)


def rectangle(left: float, top: float, width: float, height: float, colour: ColorTriplet) -> str:
    """A rectangle without the hair lines of smoothed edges."""
    return (
        f'<rect x="{left:.2f}" y="{top:.2f}" width="{width:.2f}" height="{height:.2f}" '
        f'fill="{colour.hex}" shape-rendering="crispEdges"/>'
    )


def letters(run: str, left: float, top: float, colour: ColorTriplet, style: Style) -> str:
    """A run of characters, as wide as its cells; the spaces around it are not drawn."""
    left += CELL_WIDTH * (len(run) - len(run.lstrip()))
    run = run.strip()
    width = CELL_WIDTH * cell_len(run)
    look = ' font-weight="bold"' * bool(style.bold) + ' font-style="italic"' * bool(style.italic)
    look += ' text-decoration="underline"' * bool(style.underline)
    if cell_len(run) == len(run):  # two-cell letters are square: they get space, the others are stretched
        look += ' lengthAdjust="spacingAndGlyphs"'
    return (
        f'<text x="{left:.2f}" y="{top + BASELINE:.2f}" textLength="{width:.2f}" '
        f'fill="{colour.hex}"{look}>{escape(run)}</text>'
    )


def colours(style: Style, look: Look) -> tuple[ColorTriplet, ColorTriplet]:
    """Foreground and background as this terminal shows them, dim and reverse worked in."""
    theme = look.theme
    front = style.color.get_truecolor(theme) if style.color else theme.foreground_color
    back = style.bgcolor.get_truecolor(theme, foreground=False) if style.bgcolor else theme.background_color
    if style.reverse:
        front, back = back, front
    return (blend_rgb(front, back, 0.4) if style.dim else front), back


if __name__ == "__main__":
    make(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent, sys.argv[2:] or [*PAGES])
