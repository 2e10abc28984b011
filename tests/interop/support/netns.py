"""Network namespaces, for tests that need several IPv6 addresses or links of their own."""

import ctypes
import os
import socket
import subprocess
import threading

CLONE_NEWNET = 0x40000000


def run_ip(*args):
    subprocess.run(["ip", *args], check=True, capture_output=True, text=True)


class NetworkNamespace:
    """A named namespace with its loopback up; removed by close()."""

    def __init__(self, name):
        self.name = name
        run_ip("netns", "add", name)
        self.ip("link", "set", "lo", "up")

    def ip(self, *args):
        run_ip("-n", self.name, *args)

    def add_address(self, address, device="lo"):
        self.ip("addr", "add", address, "dev", device, "nodad")

    def add_link(self, device, other, other_device, address=None, other_address=None):
        """A veth pair between this namespace and another one, both ends up, with addresses that are
        there before that."""
        run_ip("link", "add", device, "netns", self.name, "type", "veth", "peer", "name",
               other_device, "netns", other.name)
        for namespace, name, own in ((other, other_device, other_address),
                                     (self, device, address)):
            # Addresses must be usable at once: no duplicate address detection.
            namespace.sysctl(f"net.ipv6.conf.{name}.accept_dad=0")
            if own is not None:  # and no other one of the system's own making
                namespace.sysctl(f"net.ipv6.conf.{name}.addr_gen_mode=1")
                namespace.add_address(own, name)
            namespace.ip("link", "set", name, "up")

    def sysctl(self, setting):
        subprocess.run(["ip", "netns", "exec", self.name, "sysctl", "-q", "-w", setting],
                       check=True, capture_output=True)

    def command(self, argv):
        return ["ip", "netns", "exec", self.name, *argv]

    def socket(self, *args):
        """A socket that belongs to the namespace, made in a thread that enters it."""
        result = []

        def make():
            libc = ctypes.CDLL(None, use_errno=True)
            with open(f"/run/netns/{self.name}", "rb") as namespace:
                if libc.setns(namespace.fileno(), CLONE_NEWNET) != 0:
                    result.append(OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno())))
                    return
            result.append(socket.socket(*args))

        thread = threading.Thread(target=make)
        thread.start()
        thread.join()
        if isinstance(result[0], OSError):
            raise result[0]
        return result[0]

    def close(self):
        subprocess.run(["ip", "netns", "del", self.name], capture_output=True, check=False)


def available():
    return os.geteuid() == 0 and os.path.isdir("/run")


def make_socket(netns, *args):
    return netns.socket(*args) if netns is not None else socket.socket(*args)
