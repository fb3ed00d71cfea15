"""Some networks broken at random, the same ones each time: `:why` is never wrong about them."""

import pytest
from broken import report, scenes, try_all

SEED, COUNT = 5, 12


@pytest.mark.kernel
def test_networks_broken_at_random_are_told_as_they_are() -> None:
    done = try_all(scenes(COUNT, SEED))
    assert [broken.outcome for broken in done if broken.outcome == "wrong"] == [], report(done)
    assert sum(broken.outcome == "right" for broken in done) >= COUNT // 2, report(done)
