"""Random sequences of what peers, the API and reloads do: the daemon must come to what a naive model
of it says. Seeds are fixed here, 250 for `make test` and 125 others for `make asan`; `make truth` takes
others again."""

import os
from dataclasses import replace

import pytest

from search import Searcher
from scenario import Scenario, random_scenario

FIRST, SCENARIOS = (251, 125) if os.environ.get("BGPD_SANITIZED") else (1, 250)
IN_ONE_TEST = 5


@pytest.fixture(scope="session")
def searcher(address_block):
    return Searcher(address_block)


def test_disagreement_is_found_and_shrunk(searcher, monkeypatch):
    """Where the model is told a wrong rule, a script comes out that is short and fails again. This takes longest:
    it comes first."""
    monkeypatch.setattr("model.Model.passed_on", lambda self, to, path: None)
    monkeypatch.setattr("search.CHECK_S", 1)
    scenarios = (random_scenario(seed) for seed in range(1, 20))  # some pass on nothing so soon
    failures = (searcher.failure(replace(s, steps=s.steps[:20] + s.steps[-1:])) for s in scenarios)

    def short_one(failure):
        """The scenario that comes out. Whoever is held up for so short a time as is waited here fails by that."""
        if not failure or "what member" not in failure:
            return None
        scenario = Scenario.from_script(failure[failure.index("policies = "):])
        return scenario if len(scenario.steps) <= 8 and searcher.problem(scenario) else None
    scenario = next(filter(None, map(short_one, failures)), None)
    assert scenario, "none came out short"
    monkeypatch.undo()
    assert searcher.problem(scenario) is None, scenario.script()


@pytest.mark.parametrize("first", range(FIRST, FIRST + SCENARIOS, IN_ONE_TEST))
def test_daemon_agrees_with_model(searcher, first):
    for seed in range(first, first + IN_ONE_TEST):
        failure = searcher.failure(random_scenario(seed), seed)
        if failure:
            pytest.fail(failure, pytrace=False)
