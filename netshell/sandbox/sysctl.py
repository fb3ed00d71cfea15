"""Network settings that a new namespace takes over from the real machine, set back to the kernel's own defaults.

A laptop with Docker has forwarding switched on, and every namespace made on it is born with it: a lesson on routing
would pass untouched (kernel document `ip-sysctl`, devconf_inherit_init_net).
"""

import os
from collections.abc import Iterable
from pathlib import Path

_IPV4 = {
    "rp_filter": "0",
    "arp_ignore": "0",
    "arp_announce": "0",
    "accept_redirects": "1",
    "send_redirects": "1",
    "proxy_arp": "0",
    "log_martians": "0",
}
"""Of `all`, and of `default`, which each new interface begins with (`ipv4_devconf` in the kernel's devinet.c)."""

DEFAULTS = {
    "net/ipv4/ip_forward": "0",  # first: writing it changes accept_redirects
    **{f"net/ipv4/conf/{which}/{key}": value for which in ("all", "default") for key, value in _IPV4.items()},
    "net/ipv6/conf/all/forwarding": "0",
    "net/ipv6/conf/all/disable_ipv6": "0",
    "net/ipv6/conf/default/disable_ipv6": "0",
    "net/bridge/bridge-nf-call-iptables": "0",
    "net/bridge/bridge-nf-call-ip6tables": "0",
    "net/bridge/bridge-nf-call-arptables": "0",
}


def restore_defaults() -> tuple[str, ...]:
    """Write every setting of this process's network namespace that differs; gives those.

    A setting that this kernel does not have is passed over.
    """
    differing = []
    for key, default in DEFAULTS.items():
        path = Path("/proc/sys", key)
        try:
            if path.read_text(encoding="ascii").strip() != default:
                differing.append(key)
                path.write_text(default, encoding="ascii")
        except OSError:
            continue
    return tuple(differing)


def restore(keys: Iterable[str]) -> None:
    """Write only those: a new namespace takes over the same ones, and reading all takes longer than making it."""
    for key in keys:
        try:
            fd = os.open(f"/proc/sys/{key}", os.O_WRONLY)
        except OSError:
            continue
        try:
            os.write(fd, DEFAULTS[key].encode())
        except OSError:
            continue
        finally:
            os.close(fd)
