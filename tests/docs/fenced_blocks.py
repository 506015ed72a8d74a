"""The fenced blocks of Markdown pages, and what they ask of a test.

A block's info string is its language and options: ```` ```console exit=3 ````. Blocks that need something a test cannot
have say so with `not-run="reason"`. An HTML comment `<!-- test: COMMAND -->` is a step of the test that readers do not
see, such as an edit that the prose describes in words. Running blocks is not done here.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

CHECKOUT: Final = Path(__file__).resolve().parent.parent.parent
_FENCE: Final = re.compile(r"^( *)(`{3,}|~{3,})(.*)$")
_HIDDEN: Final = re.compile(r"^<!-- test: (.*) -->$")
_HERE_DOCUMENT: Final = re.compile(r"<<'?(\w+)'?")


@dataclass(frozen=True)
class Block:
    """One block of a page.

    Attributes:
        line: where it begins, counted from 1.
        language: first word of the info string; `hidden` for a step that readers do not see.
        options: the rest of the info string, as `name=value`.
    """

    page: Path
    line: int
    language: str
    text: str
    options: dict[str, str] = field(default_factory=dict)

    @property
    def place(self) -> str:
        """`docs/concepts.md:12`, for messages."""
        return f"{self.page.relative_to(CHECKOUT).as_posix()}:{self.line}"


@dataclass(frozen=True)
class Step:
    """A command of a block, the output that the page shows for it, and the exit code that it says."""

    command: str
    shown: tuple[str, ...] = ()
    exit_code: int = 0


def pages() -> list[Path]:
    """Every page that people read: the README, its neighbours and all of `docs/`."""
    return [*sorted(CHECKOUT.glob("*.md")), *sorted((CHECKOUT / "docs").rglob("*.md"))]


def blocks_of(page: Path) -> list[Block]:
    """The fenced blocks and hidden steps of a page, in order."""
    found: list[Block] = []
    fence, start, info, indent = "", 0, "", 0
    inside: list[str] = []
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), start=1):
        opening = _FENCE.match(line)
        if fence:
            if opening and opening[2].startswith(fence) and not opening[3].strip():
                found.append(_block(page, start, info, "\n".join(inside)))
                fence, inside = "", []
            else:
                inside.append(line[indent:] if line[:indent].isspace() else line)
        elif opening:
            indent, fence, info, start = len(opening[1]), opening[2], opening[3], number
        elif hidden := _HIDDEN.match(line):
            found.append(Block(page, number, "hidden", hidden[1]))
    assert not fence, f"{page.name}:{start}: this block is never closed"
    return found


def _block(page: Path, line: int, info: str, text: str) -> Block:
    language, *options = shlex.split(info) or [""]
    pairs = (option.partition("=") for option in options)
    return Block(page, line, language, text, {name: value for name, _, value in pairs})


def steps_of(block: Block) -> list[Step]:
    """What a test runs of a block, in order; nothing if it is text, or says why it is not run."""
    if "not-run" in block.options:
        return []
    if block.language in ("sh", "hidden"):
        return [Step(block.text)]
    if block.language != "console":
        return []
    steps = list(_console_steps(block))
    if steps and "exit" in block.options:
        last = steps[-1]
        steps[-1] = Step(last.command, last.shown, int(block.options["exit"]))
    return steps


def _console_steps(block: Block) -> Iterator[Step]:
    """A line after `$ ` is a command, with what continues it; other lines are its output."""
    command: list[str] = []
    shown: list[str] = []
    end_mark = ""
    for line in block.text.splitlines():
        if end_mark:
            command.append(line)
            end_mark = "" if line.strip() == end_mark else end_mark
        elif command and not shown and command[-1].endswith("\\"):
            command.append(line)
        elif line.startswith("$ "):
            if command:
                yield Step("\n".join(command), tuple(shown))
            command, shown = [line[2:]], []
            here = _HERE_DOCUMENT.search(line)
            end_mark = here[1] if here else ""
        else:
            assert command, f"{block.place}: a console block begins with a command, after '$ '"
            shown.append(line)
    if command:
        yield Step("\n".join(command), tuple(shown))


def missing_lines(shown: tuple[str, ...], output: str) -> list[str]:
    """The lines of a page that a command did not print, in their order and next to each other.

    A line of three dots stands for any lines, the sign `…` within a line for any text. Runs of spaces are equal, and
    empty lines do not count.
    """
    printed = [_squeeze(line) for line in output.splitlines() if line.strip()]
    position, is_next = 0, False
    for line in shown:
        if not line.strip():
            continue
        if line.strip() == "...":
            is_next = False
            continue
        pattern = re.compile(".*".join(re.escape(part) for part in _squeeze(line).split("…")))
        candidates = printed[position : position + 1] if is_next else printed[position:]
        match = next((offset for offset, text in enumerate(candidates) if pattern.fullmatch(text)), None)
        if match is None:
            return [line]
        position, is_next = position + match + 1, True
    return []


def _squeeze(line: str) -> str:
    return re.sub(r"\s+", " ", line).strip()
