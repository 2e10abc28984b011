"""Very many VRPs."""

from support.rtr import cache, some_roas, stayrtr, wait_count


def test_from_a_cache(lab, watched):
    """Of a cache that has 400,000, and of one that takes all of them back."""
    bgpd = watched.start()
    server = stayrtr(lab, 2, some_roas(400_000))
    bgpd.reload(rpki={"caches": [cache(lab, 2)]})
    wait_count(bgpd, 400_000, timeout=120)
    server.tell(some_roas(10))
    wait_count(bgpd, 10, timeout=120)
