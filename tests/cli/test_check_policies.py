"""`bgpd check` of files with policies: their tests, what these reach, and what is said of files of sets."""

import json

import pytest
from fake_daemon import run

TOP = 'router_id = "1.1.1.1"\ndefault_as = 65000\n[[peers]]\nremote_ip = "127.0.0.9"\nremote_as = 65001\n'

POLICY = """
import = ["customer-in"]

[prefix_sets]
bogons    = ["10.0.0.0/8 le 32", "192.0.2.0/24", "2001:db8::/32 ge 48 le 64"]
customers = { file = "customers.txt" }

[policies.customer-in]
default = "reject"
rules = [
  { name = "bogons",   if = { prefix = "bogons" },                then = "reject" },
  { name = "length",   if = { not = { prefix_length = "8-24" } }, then = "reject" },
  { name = "customer", if = { prefix = "customers", origin_as = 65001 },
    set = { local_pref = 200 }, then = "accept" },
]
tests = [
  { route = { prefix = "10.1.0.0/16", as_path = "65001" }, expect = { result = "reject", rule = "bogons" } },
  { route = { prefix = "203.0.113.0/24", as_path = "65001" }, expect = { rule = "customer", local_pref = 200 } },
]
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "bgpd.toml").write_text(TOP + POLICY)
    (tmp_path / "customers.txt").write_text("203.0.113.0/24\n")
    return tmp_path


def lines_of(result, folder):
    return result.stdout.replace(f"{folder}/", "").splitlines()


def test_coverage(folder):
    result = run("check", "--coverage", folder / "bgpd.toml")
    assert (result.returncode, result.stderr) == (0, "")
    assert lines_of(result, folder) == [
        "bgpd.toml:17:3: no test reaches customer-in rule length",
        "bgpd.toml: ok, 1 peer",
        "bgpd.toml: tests reach 2 of 3 rules",
    ]


def test_coverage_as_json(folder):
    answer = json.loads(run("check", "--json", "--coverage", folder / "bgpd.toml").stdout)
    assert answer["ok"]
    assert answer["coverage"] == {
        "rules": 3, "reached": 2,
        "unreached": [f"{folder}/bgpd.toml:17:3: no test reaches customer-in rule length"],
    }
    assert "coverage" not in json.loads(run("check", "--json", folder / "bgpd.toml").stdout)


def test_a_test_that_fails(folder):
    """What came is said with what decided, and there is no coverage of what is not run."""
    text = (folder / "bgpd.toml").read_text()
    (folder / "bgpd.toml").write_text(text.replace("local_pref = 200 } },\n]", "local_pref = 100 } },\n]")
                                      .replace('result = "reject", rule = "bogons"', 'result = "accept"'))
    result = run("check", "--coverage", folder / "bgpd.toml")
    assert result.returncode == 1
    assert lines_of(result, folder) == [
        "bgpd.toml:22:80: customer-in: expected accept, but it is rejected by rule 'bogons' (line 16)",
        "bgpd.toml:23:106: customer-in: expected local_pref 100, but it is 200",
    ]


def test_a_file_of_a_set(folder):
    """The line that is wrong is named in its own file, and so is what is no longer in it."""
    (folder / "customers.txt").write_text("203.0.113.0/24\n\n203.0.113.0/33\n")
    result = run("check", folder / "bgpd.toml")
    assert result.returncode == 1
    line, = lines_of(result, folder)
    assert line.startswith("customers.txt:3:")
    (folder / "customers.txt").write_text("203.0.112.0/24\n")
    assert "expected another rule" in run("check", folder / "bgpd.toml").stdout
    (folder / "customers.txt").unlink()
    assert "bgpd.toml:11:22: file " in run("check", folder / "bgpd.toml").stdout


EXAMPLE = """
import = ["customer-in"]

[prefix_sets]
bogons    = ["10.0.0.0/8 le 32", "192.0.2.0/24", "2001:db8::/32 ge 48 le 64"]
customers = { file = "customers.txt" }          # a prefix a line, or bgpq4's JSON (bgpq4 -j)
[as_sets]
tier1 = [174, 3356, "64512-65534"]
[community_sets]
action = ["65000:*", "65000:1:*", "target:65000:*"]

[policies.customer-in]
default = "reject"
rules = [
  { name = "bogons",   if = { prefix = "bogons" },                                  then = "reject" },
  { name = "length",   if = { not = { prefix_length = "8-24" } },                      then = "reject" },
  { name = "customer", if = { prefix = "customers", prefix_length = "8-24", as_path = "^65001( 65001)*$" },
    set = { local_pref = 200, communities = { add = ["65000:100"], remove = ["action"] } }, then = "accept" },
]
tests = [                                        # run by `bgpd check`: a config that tests itself
  { route = { prefix = "10.1.0.0/16", as_path = "65001" }, expect = { result = "reject", rule = "bogons" } },
"""

MORE = """
  { route = { prefix = "203.0.113.0/25", as_path = "65001" }, expect = { rule = "length" } },
  { route = { prefix = "203.0.113.0/24", as_path = "65001 65001", communities = ["65000:7", "1:1"] },
    expect = { result = "accept", rule = "customer", local_pref = 200, communities = ["65000:100", "1:1"] } },
  { route = { prefix = "203.0.113.0/24", as_path = "65001 65002" }, expect = { result = "reject", rule = "default" } },
"""


@pytest.mark.parametrize("customers", ["203.0.113.0/24\n", '{"NN": [{"prefix": "203.0.113.0/24", "exact": true}]}'])
def test_a_policy_of_all_parts(folder, customers):
    (folder / "customers.txt").write_text(customers)
    (folder / "bgpd.toml").write_text(TOP + EXAMPLE + MORE + "]\n")
    result = run("check", "--coverage", folder / "bgpd.toml")
    assert (result.returncode, result.stderr) == (0, "")
    assert lines_of(result, folder) == [
        "bgpd.toml:13:1: warning: AS set 'tier1' has no effect: no rule names it",
        "bgpd.toml: ok, 1 peer, 1 warning",
        "bgpd.toml: tests reach 3 of 3 rules",
    ]
