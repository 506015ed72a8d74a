"""One small set of sample exports, written once."""

from __future__ import annotations

import pytest
from sample_files import Sample

from pipelines.sample import write_sample_exports


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    """A year of 2,000 tickets."""
    landing = tmp_path_factory.mktemp("sample")
    return Sample(landing, write_sample_exports(landing, seed=11, tickets=2_000, years=1.0))
