"""Draw `docs/images/demo.svg`: what `kpi demo` prints on a terminal, as it really came out.

Run `python docs/images/draw_demo.py` in a checkout with the project installed; it simulates, runs and publishes the
demo company in a temporary folder, which takes about a minute. Not for Windows, which has no pseudo-terminals.

The picture ends before the list of ways to open the published file, whose lines are wider than a page.
"""

from __future__ import annotations

import os
import pty
import re
import struct
import sys
import tempfile
import termios
from fcntl import ioctl
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

PICTURE: Final = Path(__file__).with_name("demo.svg")
_COLUMNS, _ROWS = 120, 60
_LAST_LINE: Final = "The published warehouse is"
#: Enough contrast on its dark ground for grey text to be read in a README.
_THEME: Final = TerminalTheme(
    (22, 27, 34),
    (222, 228, 235),
    [(22, 27, 34), (255, 123, 114), (126, 211, 133), (227, 179, 65),
     (121, 192, 255), (210, 168, 255), (118, 227, 234), (222, 228, 235)],
    [(139, 148, 158), (255, 160, 150), (150, 230, 160), (240, 200, 100),
     (165, 214, 255), (226, 197, 255), (179, 240, 255), (255, 255, 255)],
)  # fmt: skip
#: What moves the cursor or erases: all that a live line needs. Colours are left for Rich to read.
_CONTROL: Final = re.compile(r"\x1b\[(?:\?\d+[hl]|(\d*)A|[012]?K)|\r\n?|\n")


def run_on_a_terminal(command: list[str], folder: Path) -> str:
    """Everything that a command writes on a pseudo-terminal, colours and cursor movements included.

    Raises:
        SystemExit: the command failed.
    """
    process, terminal = pty.fork()
    if process == 0:  # the command's side
        os.chdir(folder)
        os.environ.update(TERM="xterm-256color", COLUMNS=str(_COLUMNS), LINES=str(_ROWS))
        os.execvp(command[0], command)
    ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", _ROWS, _COLUMNS, 0, 0))
    written = bytearray()
    while True:
        try:
            read = os.read(terminal, 65536)
        except OSError:  # Linux says so when the command has closed its end
            read = b""
        if not read:
            break
        written += read
    status = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    text = written.decode()
    if status:
        raise SystemExit(f"{' '.join(command)} ended with {status}:\n{text}")
    return text


def settle(text: str) -> list[str]:
    """The lines that stay on the screen once live lines have been erased and overwritten."""
    lines, row, position = [""], 0, 0
    overwrites = False
    for control in _CONTROL.finditer(text):
        lines[row], overwrites = _write(lines[row], text[position : control.start()], overwrites), False
        position = control.end()
        sequence = control.group()
        if sequence.endswith("\n"):
            row += 1
            lines += [""] * (row + 1 - len(lines))
            overwrites = True
        elif sequence == "\r":
            overwrites = True
        elif sequence.endswith("A"):
            row, overwrites = max(0, row - int(control[1] or 1)), True
        elif sequence.endswith("K"):
            lines[row] = ""
    lines[row] = _write(lines[row], text[position:], overwrites)
    return lines


def _write(line: str, text: str, overwrites: bool) -> str:
    return (text or line) if overwrites else line + text


def draw(lines: list[str], picture: Path) -> None:
    """Write the lines as an SVG picture of a terminal."""
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        console = Console(record=True, width=_COLUMNS, file=nowhere, force_terminal=True, color_system="truecolor")
        console.print(Text("$ kpi demo", style="bold"))
        for line in lines:
            console.print(Text.from_ansi(line), no_wrap=True, overflow="ellipsis")
        console.save_svg(str(picture), title="kpi demo", theme=_THEME, unique_id="demo")
    # Fonts of the reader's machine: a picture in a document should load nothing from elsewhere.
    drawn = picture.read_text(encoding="utf-8")
    drawn = re.sub(r"@font-face \{.*?\}\s*", "", drawn, flags=re.DOTALL)
    drawn = drawn.replace("Fira Code, monospace", "ui-monospace, Menlo, Consolas, DejaVu Sans Mono, monospace")
    picture.write_text("\n".join(line.rstrip() for line in drawn.splitlines()) + "\n", encoding="utf-8")


def main() -> None:
    """Run the demo and draw what it showed."""
    with tempfile.TemporaryDirectory() as folder:
        text = run_on_a_terminal([sys.executable, "-m", "pipelines.cli.main", "demo"], Path(folder))
    lines = settle(text)
    last = next(number for number, line in enumerate(lines) if _LAST_LINE in line)
    draw([line.removesuffix(" Open it with") for line in lines[: last + 1]], PICTURE)


if __name__ == "__main__":
    main()
