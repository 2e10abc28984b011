"""The command line itself: words, options, help, exit statuses."""

import pytest
from fake_daemon import route, run

COMMANDS = [
    "run", "check", "show", "show neighbors", "show routes", "show routes learned",
    "show routes advertised", "advertise", "advertise route", "advertise flow", "withdraw",
    "withdraw route", "withdraw flow", "neighbor", "neighbor enable", "neighbor disable",
    "neighbor reset", "neighbor refresh", "policy", "policy diff", "policy test", "reload", "confirm", "rollback", "version",
]  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_every_level_has_help(command):
    by_option = run(*command.split(), "--help")
    by_word = run("help", *command.split())
    assert by_option.returncode == by_word.returncode == 0
    assert by_option.stdout == by_word.stdout
    assert f"bgpd [OPTIONS] {command}" in by_option.stdout
    assert "--json" in by_option.stdout
    assert by_option.stderr == ""


def test_the_programs_help_lists_every_command():
    out = run("--help").stdout
    listed = [line.strip() for line in out.split("Commands:")[1].split("Options:")[0].splitlines()]
    for command in COMMANDS:
        assert any(line.startswith(command) for line in listed)


def test_help_needs_no_arguments():
    result = run("explain", "-h")
    assert result.returncode == 0
    assert "explain PREFIX|ADDRESS" in result.stdout
    assert "--family FAMILY" in result.stdout


def test_version_option():
    result = run("--version")
    assert result.returncode == 0
    assert result.stdout.startswith("bgpd ")


@pytest.mark.parametrize(
    "words, message",
    [
        ("shw", 'unknown command "shw"; did you mean "show"?'),
        ("show rotues", 'unknown command "show rotues"; did you mean "show routes"?'),
        ("show routes lerned", 'did you mean "show routes learned"?'),
        ("neighbor restet 127.0.0.2", 'did you mean "neighbor reset"?'),
        ("xyzzy", 'unknown command "xyzzy"\n'),
        ("--prot 8080 show neighbors", "unknown option --prot; did you mean --port?"),
        ("show routes --longst 10.0.0.1", "unknown option --longst; did you mean --longest?"),
        ("show routes -x", "unknown option -x"),
        ("show neighbors 127.0.0.2 detail more", 'unexpected argument "more"'),
        ("advertise route 10.0.0.0/8", "advertise route: NEXT_HOP is missing"),
        ("advertise flow ipv4 traffic-rate 10Mbit -m x",
         'unexpected argument "10Mbit"; one ACTION of several words is written in quotes: '
         '"traffic-rate 10Mbit"'),
        ("advertise flow ipv5 discard -m x", '"ipv5": expected ipv4|ipv6'),
        ("advertise flow ipv4 discard", "at least one --match is needed"),
        ("withdraw flow ipv4", "at least one --match is needed"),
        ("neighbor enable", "neighbor enable: PEER|NETWORK|all is missing"),
        ("-p", "--port needs a value: PORT"),
        ("-p 0 version", '"0" is not a number from 1 to 65535'),
        ("-p 65536 version", '"65536" is not a number from 1 to 65535'),
        ("-p -1 version", '"-1" is not a number'),
        ("-p 99999999999999999999 version", "is not a number"),
        ("--json=yes version", "--json takes no value"),
        ("show routes --limit many", '"many" is not a number from 1 to'),
        ("run", "run: FILE is missing"),
        ("show routes leraned", 'did you mean "show routes learned"?'),
        ("show routes 10.0.0.0/8 learned", 'unexpected argument "learned"'),
        ("show routes 10.0.0.0/8 --exact 10.0.0.0/9", "PREFIX and --exact exclude each other"),
        ("show routes --longer ::/0 ::1", "ADDRESS and --longer exclude each other"),
    ],
)
def test_usage_errors(words, message):
    result = run(*words.split())
    assert result.returncode == 2
    assert message in result.stderr
    assert "bgpd help" in result.stderr or "-m" in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize("words", [[], ["show"], ["advertise"], ["neighbor"]])
def test_a_missing_command_lists_the_choices(words):
    result = run(*words)
    assert result.returncode == 2
    assert "a command is missing" in result.stderr
    assert "Commands:" in result.stderr
    assert result.stdout == ""


def test_text_that_is_not_utf8():
    result = run("advertise", "route", b"\xff\xfe".decode(errors="surrogateescape"), "10.0.0.1")
    assert result.returncode == 2
    assert "not UTF-8" in result.stderr


@pytest.mark.parametrize(
    "words",
    ["show neighbors", "s n", "show n", "s peers", "show peers", "s neighbors", "show neighbours"],
)
def test_aliases_of_neighbors(daemon, bgpd, words):
    daemon.answers([])
    assert bgpd(*words.split()).returncode == 0
    assert daemon.call[0] == "show_peers"


@pytest.mark.parametrize("words", ["show routes learned", "s r learned", "show r learned"])
def test_aliases_of_routes(daemon, bgpd, words):
    daemon.answers([])
    assert bgpd(*words.split()).returncode == 0
    assert daemon.call[0] == "show_routes_learned"


def test_global_options_stand_anywhere(daemon):
    daemon.answers([])
    for words in (
        ["--host", "127.0.0.1", "-p", daemon.port, "--json", "show", "neighbors"],
        ["show", f"--port={daemon.port}", "neighbors", "--json"],
        ["show", "neighbors", f"-p{daemon.port}", "-vv", "--json", "--host=127.0.0.1"],
        ["-vvp", daemon.port, "show", "neighbors", "--json"],
    ):
        result = run(*words)
        assert (result.returncode, result.stdout) == (0, "[]\n")


def test_p_is_the_local_preference_behind_advertise(daemon):
    daemon.answers(route("10.0.0.0/8"))
    result = run("-p", daemon.port, "advertise", "route", "10.0.0.0/8", "10.0.0.1", "-p", "300")
    assert result.returncode == 0
    assert daemon.call[1]["local_pref"] == 300


def test_double_dash_ends_the_options(daemon, bgpd):
    daemon.fails(-32602, "bad prefix")
    bgpd("advertise", "route", "--", "-x", "--json")
    assert daemon.call[1] == {"prefix": "-x", "next_hop": "--json"}


@pytest.mark.parametrize(
    "words, method",
    [("sh neigh", "show_peers"), ("show nei", "show_peers"), ("sho inf", "show_info"), ("s rp", "show_rpki"),
     ("show ro adv", "show_routes_advertised"), ("show rout learn", "show_routes_learned"), ("rel", "reload"),
     ("nei ref ::2", "refresh_peer"), ("peer dis ::2", "disable_peer"), ("wit r ::/0", "withdraw_route"),
     ("show neighbors d", "show_peer_detail"), ("exp ::1", "explain")],
)  # fmt: skip
def test_commands_in_short(daemon, bgpd, words, method):
    daemon.answers([])
    bgpd(*words.split())
    assert daemon.call[0] == method


@pytest.mark.parametrize(
    "words, choices",
    [("re", None), ("r", "run, reload, rollback"), ("c", "check, confirm, completion"), ("neighbor re ::1", "reset, refresh"), ("v", None), ("show r", None),
     ("show p", "neighbors, policies")],
)  # fmt: skip
def test_short_for_several(words, choices):
    result = run("-p", "1", *words.split())
    if choices:
        assert result.returncode == 2
        assert f'"{words.removesuffix(" ::1")}" may be several: {choices}\n' in result.stderr
    else:
        assert "may be several" not in result.stderr
