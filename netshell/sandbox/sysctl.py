"""Network settings that a new namespace takes over from the real machine, set back to the kernel's own defaults.

A laptop with Docker has forwarding switched on, and every namespace made on it is born with it: a lesson on routing
would pass untouched (kernel document `ip-sysctl`, devconf_inherit_init_net).
"""

from pathlib import Path

DEFAULTS = {
    "net/ipv4/ip_forward": "0",
    "net/ipv4/conf/all/rp_filter": "0",
    "net/ipv4/conf/default/rp_filter": "0",
    "net/ipv4/conf/all/arp_ignore": "0",
    "net/ipv4/conf/all/arp_announce": "0",
    "net/ipv4/conf/all/accept_redirects": "1",
    "net/ipv4/conf/all/send_redirects": "1",
    "net/ipv4/conf/all/proxy_arp": "0",
    "net/ipv4/conf/all/log_martians": "0",
    "net/ipv6/conf/all/forwarding": "0",
    "net/ipv6/conf/all/disable_ipv6": "0",
    "net/ipv6/conf/default/disable_ipv6": "0",
    "net/bridge/bridge-nf-call-iptables": "0",
    "net/bridge/bridge-nf-call-ip6tables": "0",
    "net/bridge/bridge-nf-call-arptables": "0",
}


def restore_defaults() -> bool:
    """Write every setting of this process's network namespace that differs; true where any did.

    A setting that this kernel does not have is passed over.
    """
    has_differed = False
    for key, default in DEFAULTS.items():
        path = Path("/proc/sys", key)
        try:
            if path.read_text(encoding="ascii").strip() != default:
                has_differed = True
                path.write_text(default, encoding="ascii")
        except OSError:
            continue
    return has_differed
