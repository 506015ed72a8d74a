"""The walk from an unknown file to a published KPI, done as its page says, in an empty folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fenced_blocks import CHECKOUT, blocks_of

if TYPE_CHECKING:
    from conftest import Desk

PAGE = CHECKOUT / "docs" / "your-first-export.md"


@pytest.mark.slow
def test_the_walk_prints_what_its_page_shows(empty_desk: Desk) -> None:
    empty_desk.follow(blocks_of(PAGE))
