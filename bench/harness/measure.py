"""One run: a daemon, a load generator, the commands, and what was seen."""

import json
import os
import select
import shutil
import subprocess
import tempfile
import time

from . import daemons, exchange, origins, policies, probe, proc

SENDER_AS = 4200001001
RECEIVER_AS = 4200003001


class Failed(Exception):
    """A run that gives no number; the text says why."""


def topology(run, static=(), policy=None):
    peers = [daemons.Peer(i, (run.sender_as or SENDER_AS) + i, run.on_lan)
             for i in range(run.senders)]
    for i in range(run.receivers + run.late):
        peers.append(daemons.Peer(run.senders + i, RECEIVER_AS + i, run.on_lan))
    return daemons.Topology(peers, run.version, run.route_server, run.hold_s, static, run.personal,
                            policy, run.on_lan)


class Load:
    """The load generator and the conversation with it."""

    def __init__(self, binary, run, timeout_s, directory):
        self.lan = None
        address = daemons.ADDRESS
        argv = [binary]
        if run.on_lan:
            self.lan = proc.Lan(daemons.LAN_ADDRESS, daemons.LAN, run.peers())
            address = daemons.LAN_ADDRESS
            argv = self.lan.enter() + argv + ["--lan"]
        argv += ["--target", f"{address}:{daemons.PORT}", "--table", run.table,
                "--senders", str(run.senders), "--receivers", str(run.receivers),
                "--late", str(run.late), "--hold", str(run.hold_s), "--timeout", str(timeout_s)]
        if run.split:
            argv.append("--members" if run.policy == "members" else "--split")
        if run.sender_as:
            argv += ["--sender-as", str(run.sender_as)]
        argv += ["--traits", run.traits, "--policy", "origins" if run.has_cache() else run.policy]
        if run.policy == "import":
            argv += ["--rejected", os.path.join(directory, policies.SET_FILE)]
        self.limit_s = timeout_s + 30
        self.process = proc.Process(argv, os.path.join(directory, "load.log"),
                                    stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def answer(self):
        out = self.process.popen.stdout
        if not select.select([out], [], [], self.limit_s)[0]:
            raise Failed("the load generator does not answer")
        line = out.readline()
        if not line:
            raise Failed("the load generator ended: " + self.process.log_tail())
        return json.loads(line)

    def say(self, command):
        self.process.popen.stdin.write(command.encode() + b"\n")
        self.process.popen.stdin.flush()

    def stop(self):
        try:
            self.process.popen.stdin.close()
        except OSError:
            pass
        self.process.stop()
        if self.lan:
            self.lan.stop()


def list_prefixes(binary, table):
    out = subprocess.run([binary, "--table", table, "--list"], capture_output=True, text=True,
                         check=True).stdout
    return out.split()


_entries = {}  # (table, count) -> the prefix set: drawn once


def prefix_set(binary, run):
    key = (run.table, run.set_entries)
    if key not in _entries:
        _entries[key] = policies.draw_entries(list_prefixes(binary, run.table), run.set_entries)
    return _entries[key]


class Measurement:
    """Runs `run` against `daemon`; `records` has one entry per measured step."""

    def __init__(self, daemon, run, load_binary, timeout_s):
        self.daemon, self.run = daemon, run
        self.load_binary, self.timeout_s = load_binary, run.timeout_s(daemon.name, timeout_s)
        self.records = []
        self.idle = {}

    def go(self):
        directory = tempfile.mkdtemp(prefix=f"bgpd-bench-{self.daemon.name}-")
        # A daemon may drop its privileges before it makes its sockets.
        os.chmod(directory, 0o777)
        try:
            self._go_in(directory)
        except Failed as why:
            self._record_failure(str(why))
        finally:
            shutil.rmtree(directory, ignore_errors=True)
        return self.records

    def _go_in(self, directory):
        static = list_prefixes(self.load_binary, self.run.table) if self.run.cold else ()
        self.directory = directory
        self.policy = self._make_policy()
        argv = self.daemon.prepare(topology(self.run, static, self.policy), directory)
        load = target = None
        try:
            if self.run.cold:
                load = Load(self.load_binary, self.run, self.timeout_s, directory)
                time.sleep(0.5)  # the table is built and connections are refused by now
            self.started = time.monotonic()
            target = proc.Process(argv, os.path.join(directory, "daemon.log"),
                                  stdin=subprocess.DEVNULL, cwd=directory)
            load = load or Load(self.load_binary, self.run, self.timeout_s, directory)
            self._converse(load, target)
        except Failed as why:
            if target and not target.running():
                raise Failed(f"{self.daemon.label} ended: {target.log_tail()}") from why
            raise
        finally:
            if load:
                load.stop()
            if target:
                target.stop()
            if self.run.has_cache():
                self.policy.cache.stop()

    def _make_policy(self):
        if self.run.policy == "import":
            entries = prefix_set(self.load_binary, self.run)
            policies.write_entries(entries, self.directory)
            changes = any(command.startswith("change") for command, _ in self.run.steps)
            return policies.ImportPolicy(entries, import_table=changes)
        if self.run.policy == "members":
            changes = any(command.startswith("change") for command, _ in self.run.steps)
            return exchange.ExchangePolicy(self.load_binary, self.run, self.directory,
                                           self.run.sender_as, import_table=changes)
        if self.run.has_cache():
            return origins.OriginsPolicy(self.load_binary, self.run, self.directory)
        if self.run.policy == "peer-as":
            return policies.PeerAsPolicy()
        return policies.ClassesPolicy(self.run.senders) if self.run.policy == "classes" else None

    def _converse(self, load, target):
        if self.run.cold:
            load.say("wait")
        ready = load.answer()
        if not ready["done"]:
            raise Failed(f"sessions do not come up ({ready['lost']} lost)")
        self.ready_s = time.monotonic() - self.started
        if self.run.has_cache() and not self.policy.cache.served.wait(30):
            raise Failed("the cache is not asked for anything")
        if not self.run.cold and not self.run.from_start:
            proc.wait_idle(target.pid)
            self.idle = proc.sample(target.pid)
        steps = self.run.steps_for(self.daemon.name)
        for i, (command, scenario) in enumerate(steps):
            if self.run.probe and i == len(steps) - 1:
                self._probe(load, target, command, scenario)
            elif not self._step(load, target, command, scenario):
                raise Failed(f"not complete after '{command}'")

    def _step(self, load, target, command, scenario):
        before = proc.sample(target.pid) if not self.run.cold else {"cpu": 0.0}
        extra = {}
        if command.startswith(("change", "vrps")):
            seen, extra = self._change(load, target, command)
        else:
            if not self.run.cold:
                load.say(command)
            seen = load.answer()
        after = proc.sample(target.pid)
        if self.run.from_start:
            extra = {"ready_s": self.ready_s, "announced_s": seen["seconds"]}
            before = {"cpu": 0.0}
        if self.run.cold or self.run.from_start:
            seen["seconds"] = seen["end"] - self.started
        if not seen["done"]:
            print(f"  {command}: {seen['right']:,} of {seen['expected']:,} prefixes are as "
                  f"expected, {seen['held']:,} held; not at peer {seen.get('wrong_at')}: "
                  + " ".join(seen.get("wrong", [])), flush=True)
        if scenario:
            self._record(scenario, command, seen, before, after)
            self.records[-1].update(extra)
        if command == "drop" and self.run.probe is None:
            self._rss_later(target)
        return seen["done"]

    def _change(self, load, target, command):
        """"change N": to version N of the policy; "change N fewer": and to a smaller prefix set. "vrps
        N": the cache has version N of its VRPs; "vrps N anew": and has begun anew. The time is that
        from the reload, or from the cache's notify, on."""
        version, path, make = self._prepare_change(target.pid, *command.split())
        turn = self._longest_turn()
        load.say(f"change {version} {path}")
        load.answer()  # it knows what to expect
        small = probe.SmallCalls(daemons.ADDRESS, 8080) if turn else None
        if small:
            small.start()
        start = time.monotonic()
        make()
        seen = load.answer()
        seen["seconds"] = seen["end"] - start
        if not seen["done"]:
            print(f"  {target.log_tail()}")
        if not small:
            return seen, {}
        return seen, {"small_calls": small.result(), "turns": (turn, self._longest_turn())}

    def _prepare_change(self, pid, what, version, *more):
        """The version, the prefix list that the load generator is to have, and what makes the change."""
        if what == "vrps":
            self.policy.prepare(int(version), "anew" in more and self.daemon.cache_begins_anew)
            return version, "", self.policy.cache.tell
        path = ""
        if self.run.policy == "members":
            self.policy.change(int(version))
        else:
            self.policy.version = int(version)
            if "fewer" in more:
                self.policy.entries = policies.fewer(self.policy.entries)
            path = policies.write_entries(self.policy.entries, self.directory)
        self.daemon.prepare(topology(self.run, (), self.policy), self.directory)
        return version, path, lambda: self._reload(pid)

    def _reload(self, pid):
        if not self.daemon.reload(self.directory, pid):
            raise Failed("the reload was refused")

    def _longest_turn(self):
        """The milliseconds and the cause of BGPd's longest turn so far."""
        if self.daemon.name != "bgpd":
            return None
        loop = probe.ask(daemons.ADDRESS, 8080, "show_info")["loop"]
        return loop["longest_turn_ms"], loop["longest_turn_cause"]

    def _record(self, scenario, command, seen, before, after):
        if seen["lost"]:
            status = f"{seen['lost']} sessions lost (NOTIFICATION {seen.get('notification')})"
        else:
            status = "ok" if seen["done"] else "timeout"
        if seen.get("undone"):
            status = "what was complete did not stay so"
        foreign = seen["foreign"]
        if self.run.personal:  # its own route, once for each peer
            foreign -= self.run.senders
        if foreign or seen["malformed"]:
            status = f"{foreign} foreign prefixes, {seen['malformed']} malformed UPDATEs"
        self.records.append({
            "scenario": scenario, "daemon": self.daemon.name, "status": status,
            "timeout_s": self.timeout_s, "seconds": seen["seconds"],
            "cpu": after["cpu"] - before["cpu"],
            "rss_kb": after["rss_kb"], "peak_kb": after["peak_kb"],
            "idle_rss_kb": self.idle.get("rss_kb"), "load_cpu": seen["cpu"], "load": seen,
        })

    def _rss_later(self, target):
        """What memory is given back may take a moment."""
        if not self.records or len(self.run.steps) > 10:
            return
        proc.wait_idle(target.pid, 10)
        self.records[-1]["rss_later_kb"] = proc.sample(target.pid)["rss_kb"]

    def _probe(self, load, target, command, scenario):
        """The API is asked for everything while the last command is carried out again and again."""
        before = proc.sample(target.pid)
        asked = probe.ApiProbe(daemons.ADDRESS, 8080)
        asked.start()
        rounds, gap = 0, 0.0
        while asked.running() or rounds == 0:
            load.say(command)
            seen = load.answer()
            rounds += 1
            gap = max(gap, seen["keepalive_gap"])
            if not seen["done"]:
                break
        result = asked.result()
        self._record(scenario, command, seen, before, proc.sample(target.pid))
        self.records[-1]["seconds"] = result["seconds"]
        self.records[-1]["api"] = dict(result, churn_rounds=rounds, keepalive_gap=gap)
        if result["error"]:
            self.records[-1]["status"] = result["error"]

    def _record_failure(self, why):
        """Whatever has not been measured could not be."""
        done = {r["scenario"] for r in self.records}
        for _, scenario in dict.fromkeys(self.run.steps_for(self.daemon.name)):
            if scenario and scenario not in done:
                self.records.append({"scenario": scenario, "daemon": self.daemon.name,
                                     "status": why})


def merge_rounds(records):
    """One record where a scenario consists of several equal steps: seconds and CPU are sums."""
    merged = {}
    for r in records:
        first = merged.setdefault(r["scenario"], r)
        if first is r:
            r["parts"] = [r.get("seconds")]
            r["rss_parts_kb"] = [r.get("rss_kb")]
            continue
        first["parts"].append(r.get("seconds"))
        first["rss_parts_kb"].append(r.get("rss_kb"))
        for key in ("seconds", "cpu", "load_cpu"):
            if key in first and key in r:
                first[key] += r[key]
        for key in ("rss_kb", "peak_kb"):
            if key in first and key in r:
                first[key] = max(first[key], r[key]) if key == "peak_kb" else r[key]
        if r["status"] != "ok":
            first["status"] = r["status"]
    for r in merged.values():
        if len(r["parts"]) == 1:
            del r["parts"], r["rss_parts_kb"]
    return list(merged.values())
