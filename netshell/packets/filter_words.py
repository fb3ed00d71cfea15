"""The words of the filter language (pcap-filter(7)), and those that netshell adds to it; tables and nothing else."""

from collections.abc import Mapping

PROTOCOLS: Mapping[str, tuple[int, frozenset[int]]] = {
    "icmp": (1, frozenset({4})),
    "igmp": (2, frozenset({4})),
    "tcp": (6, frozenset({4, 6})),
    "udp": (17, frozenset({4, 6})),
    "esp": (50, frozenset({4, 6})),
    "ah": (51, frozenset({4, 6})),
    "icmp6": (58, frozenset({6})),
    "ospf": (89, frozenset({4, 6})),
    "pim": (103, frozenset({4, 6})),
    "vrrp": (112, frozenset({4})),
    "sctp": (132, frozenset({4, 6})),
}
"""Protocols over IP: number, and the versions of IP that the word means."""

LINK_PROTOCOLS: Mapping[str, int] = {"ip": 0x0800, "arp": 0x0806, "rarp": 0x8035, "ip6": 0x86DD}
"""What the link carries, by EtherType."""

ETHERNET_WORDS = frozenset({"ether", "link"})
PROTOCOL_NUMBERS: Mapping[str, int] = {
    **{name: number for name, (number, _) in PROTOCOLS.items()},
    "ipv6-icmp": 58,
    "gre": 47,
    "ipip": 4,
    "ipv6": 41,
    "eigrp": 88,
}
"""Names that `ip proto` takes."""

TRANSPORTS: Mapping[str, int] = {"tcp": 6, "udp": 17, "sctp": 132}
"""What has ports."""

TYPES = frozenset({"host", "net", "port", "portrange", "proto", "protochain"})
DIRECTIONS = frozenset({"src", "dst"})

CONSTANTS: Mapping[str, int] = {
    "tcpflags": 13,
    "tcp-fin": 1,
    "tcp-syn": 2,
    "tcp-rst": 4,
    "tcp-push": 8,
    "tcp-ack": 16,
    "tcp-urg": 32,
    "tcp-ece": 64,
    "tcp-cwr": 128,
    "icmptype": 0,
    "icmpcode": 1,
    "icmp-echoreply": 0,
    "icmp-unreach": 3,
    "icmp-sourcequench": 4,
    "icmp-redirect": 5,
    "icmp-echo": 8,
    "icmp-routeradvert": 9,
    "icmp-routersolicit": 10,
    "icmp-timxceed": 11,
    "icmp-paramprob": 12,
    "icmp-tstamp": 13,
    "icmp-tstampreply": 14,
    "icmp-ireq": 15,
    "icmp-ireqreply": 16,
    "icmp-maskreq": 17,
    "icmp-maskreply": 18,
    "icmp6type": 0,
    "icmp6code": 1,
    "icmp6-destinationunreach": 1,
    "icmp6-packettoobig": 2,
    "icmp6-timeexceeded": 3,
    "icmp6-parameterproblem": 4,
    "icmp6-echo": 128,
    "icmp6-echoreply": 129,
    "icmp6-multicastlistenerquery": 130,
    "icmp6-multicastlistenerreportv1": 131,
    "icmp6-multicastlistenerdone": 132,
    "icmp6-routersolicit": 133,
    "icmp6-routeradvert": 134,
    "icmp6-neighborsolicit": 135,
    "icmp6-neighboradvert": 136,
    "icmp6-redirect": 137,
    "icmp6-multicastlistenerreportv2": 143,
}

PORTS: Mapping[str, int] = {
    "ftp-data": 20,
    "ftp": 21,
    "ssh": 22,
    "telnet": 23,
    "smtp": 25,
    "domain": 53,
    "bootps": 67,
    "bootpc": 68,
    "tftp": 69,
    "http": 80,
    "kerberos": 88,
    "pop3": 110,
    "sunrpc": 111,
    "ntp": 123,
    "netbios-ns": 137,
    "netbios-dgm": 138,
    "netbios-ssn": 139,
    "imap2": 143,
    "imap": 143,
    "snmp": 161,
    "snmp-trap": 162,
    "bgp": 179,
    "ldap": 389,
    "https": 443,
    "microsoft-ds": 445,
    "isakmp": 500,
    "syslog": 514,
    "route": 520,
    "dhcpv6-client": 546,
    "dhcpv6-server": 547,
    "ldaps": 636,
    "imaps": 993,
    "pop3s": 995,
    "mysql": 3306,
    "postgresql": 5432,
    "mdns": 5353,
    "http-alt": 8080,
}
"""Names of ports, as /etc/services has them; read from here so that a filter means the same on every machine."""

FLAG_WORDS: Mapping[str, int] = {
    "fin": 1,
    "syn": 2,
    "rst": 4,
    "reset": 4,
    "psh": 8,
    "push": 8,
    "ack": 16,
    "urg": 32,
    "ece": 64,
    "cwr": 128,
    "syn-ack": 18,
    "synack": 18,
}
"""netshell's own: TCP segments in which all these flags are set, whatever else is."""

OWN_WORDS = frozenset(
    {"dns", "dhcp", "http", "ping", "nd", "mld", "bgp", "unreachable", "fragment", "problem", "request", "reply"}
)
"""netshell's own, for whole protocols and kinds of message."""

NOT_HERE: Mapping[str, str] = {
    "inbound": "A packet alone does not know its direction; ask for its sender with `src host`.",
    "outbound": "A packet alone does not know its direction; ask for its sender with `src host`.",
    "ifname": "Packets are not chosen by interface here; ask for an address with `host`.",
    "gateway": "Ask for the router's MAC with `ether host`, and leave its own packets out with `not host`.",
    "mpls": "MPLS is not read; ask for the frames with `ether proto 0x8847`.",
    "pppoes": "PPPoE is not read; ask for the frames with `ether proto 0x8864`.",
    "pppoed": "PPPoE is not read; ask for the frames with `ether proto 0x8863`.",
    "wlan": "802.11 is not read.",
    "decnet": "DECnet is not read; ask for the frames with `ether proto 0x6003`.",
    "iso": "OSI protocols are not read.",
    "llc": "LLC frames are told apart by `stp` only.",
    "geneve": "Geneve is not read; ask for it with `udp port 6081`.",
}
"""Words of pcap-filter(7) that this filter does not have, and what to say in their place."""

OTHER_WORDS = frozenset({"broadcast", "multicast", "less", "greater", "len", "vlan", "stp", "mask", "and", "or", "not"})

ALL_WORDS = frozenset(
    {*PROTOCOLS, *LINK_PROTOCOLS, *ETHERNET_WORDS, *TYPES, *DIRECTIONS, *CONSTANTS, *FLAG_WORDS, *OWN_WORDS}
    | OTHER_WORDS
)
