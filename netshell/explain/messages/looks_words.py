"""What a message has to do with the words that were typed. A look gives what `looks_links` says."""

import re
from collections.abc import Mapping

from netshell.explain.messages.scene import Scene, did_you_mean, ip_of, near, place
from netshell.facts import PC


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


PROGRAMS = _words(
    "ip bridge ping nc tcpdump ss sysctl traceroute tracepath arping dig host nslookup getent curl wget python3"
    " iptables ip6tables iptables-save nft conntrack dnsmasq dhclient udhcpc bird birdc ethtool sudo cat ls cd cp mv"
    " rm mkdir echo printf grep head tail less nano vim man kill jobs fg bg sleep timeout exit watch touch pwd which"
    " clear history"
)
"""What the lessons use."""
_MAC = re.compile(r"[0-9a-fA-F]{2}(?::[0-9a-fA-F]{2}){5}")
_OTHERS = frozenset({"dhcpcd", "nmcli", "networkctl", "systemctl", "service", "ufw", "nmap", "socat", "tshark", "mtr"})
"""Programs that a learner may know from elsewhere."""
_REPLACED: Mapping[str, str] = {
    "brctl": "`ip link` and `bridge`",
    "ifconfig": "`ip address` and `ip link`",
    "route": "`ip route`",
    "netstat": "`ss`",
    "arp": "`ip neigh`",
    "telnet": "`nc`",
    "python": "`python3`",
    "ifup": "`ip link`",
    "ifdown": "`ip link`",
}
"""Older programs, and what does their work."""
_OBJECTS = ("address", "link", "route", "neigh", "netns", "rule", "monitor", "help", "fdb", "vlan", "mdb")
_VERBS = ("add", "delete", "set", "show", "list", "replace", "change", "append", "flush", "get", "exec", "help")
_KEYWORDS = _words(
    "dev via type peer name netns up down master nomaster mtu address default src metric lladdr scope table proto"
)
_BEHIND: Mapping[str, str] = {
    "via": "the gateway's address",
    "dev": "an interface",
    "netns": "a namespace",
    "master": "a bridge",
    "type": "a kind, such as veth or bridge",
    "name": "a name",
    "lladdr": "a MAC address",
    "address": "a MAC address",
    "mtu": "a number of bytes",
}
"""What follows a word of `ip`."""
_CHAINS: Mapping[str, tuple[str, ...]] = {
    "filter": ("INPUT", "FORWARD", "OUTPUT"),
    "nat": ("PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"),
    "mangle": ("PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"),
    "raw": ("PREROUTING", "OUTPUT"),
}
"""The built-in chains of each table (iptables(8))."""
_CHAIN_OPTIONS = _words(
    "-A --append -I --insert -D --delete -R --replace -C --check -L --list -F --flush -P --policy -S --list-rules"
    " -Z --zero -X --delete-chain"
)
_TARGETS = _words("ACCEPT DROP REJECT RETURN LOG MASQUERADE SNAT DNAT REDIRECT MARK")
_MATCHES = ("conntrack", "state", "multiport", "limit", "icmp", "tcp", "udp", "comment", "mac", "iprange", "mark")
_PROTOCOLS = ("tcp", "udp", "icmp", "icmpv6", "all")
_FILTER = _words(
    "arp icmp icmp6 ip ip6 tcp udp ether host src dst port portrange net and or not gateway broadcast multicast proto"
    " less greater vlan"
)
_SWITCHES = {"on": "up", "off": "down", "enable": "up", "disable": "down"}
_DUMP_VALUES = ("-i", "-c", "-w", "-r", "-s", "-C", "-F", "-G", "-W", "-z", "-Z", "-B", "-Q", "-j", "-y")


def commands(scene: Scene) -> str | None:
    """A program of a like name; what stands for a name of the lab; what does an older program's work."""
    word = scene.part("program")
    name = word.rpartition("/")[2]
    if name in _REPLACED:
        return f"Here its work is done by {_REPLACED[name]}."
    if word in scene.snapshot.nodes:
        return f"{word} is {'the PC itself' if word == PC else 'a namespace'}, not a program."
    if any(word in node.links for node in scene.snapshot.nodes.values()):
        return f"{word} is an interface, not a program."
    if word in PROGRAMS:
        return "It is not installed on this machine; `netshell doctor` names the package."
    if word in _OTHERS:
        return "It is not installed on this machine."
    return "" if "/" in word else did_you_mean(word, PROGRAMS)


def objects(scene: Scene) -> str | None:
    """An object of `ip` of a like name; or a verb that came first."""
    word = scene.part("word")
    if word in _VERBS:
        return f"`{word}` is what is done, and comes behind the thing it is done to."
    return did_you_mean(word, _OBJECTS)


def verbs(scene: Scene) -> str | None:
    """A verb of a like name; or what stands where a verb belongs."""
    word, links = scene.part("word"), scene.node.links if scene.node else {}
    if word in links:
        what = "`set`" if scene.run.path.startswith("link") else "what is to be done with it"
        return f"{word} is an interface: {what} comes before its name."
    if word in scene.snapshot.nodes:
        return f"{word} is a namespace: what is to be done comes before its name."
    if ip_of(word.partition("/")[0]) or word == "default":
        return f"What is to be done comes before `{word}`."
    if word in {"up", "down"}:
        return f"`{word}` is something to `set`, and comes behind the interface's name."
    return did_you_mean(word, _VERBS)


def stray(scene: Scene) -> str | None:
    """What a word was meant for that `ip` did not expect where it stands."""
    word = scene.part("word")
    homes = [node.name for node in scene.snapshot.nodes.values() if word in node.links]
    if homes and scene.run.after("nomaster") == word:
        return "`nomaster` stands alone: a link has one master at most."
    here = scene.node.links.get(word) if scene.node else None
    if here is not None and here.kind == "bridge" and scene.run.path == "link set":
        return f"{word} is a bridge: `master` comes before its name."
    if homes:
        where = "" if scene.run.node in homes else f" {place(homes[0])}"
        return f"{word} is an interface{where}: `dev` comes before its name."
    if scene.run.path.startswith("route") and ip_of(word):
        return f"{word} is an address: `via` comes before a gateway."
    if word.lower() in _KEYWORDS and word != word.lower():
        return f"`ip` takes small letters: `{word.lower()}`."
    return _misspelt(scene, word)


def _misspelt(scene: Scene, word: str) -> str | None:
    """What is wrong with the word itself."""
    if word in _SWITCHES and scene.run.path == "link set":
        return f"The word for it is `{_SWITCHES[word]}`."
    if _MAC.fullmatch(word):
        before = "lladdr" if scene.run.path.startswith("neighbour") else "address"
        return f"{word} is a MAC address: `{before}` comes before it."
    if "=" in word:
        return "`ip` takes a blank between a word and its value, no `=`."
    if word.isdecimal() and scene.run.path == "address add":
        return "A prefix length is joined to its address with a `/`."
    return did_you_mean(word, _KEYWORDS)


def last_word(scene: Scene) -> str | None:
    """What belongs behind the word that the line ends with."""
    word = scene.run.words[-1]
    return f"Behind `{word}` comes {_BEHIND[word]}." if word in _BEHIND else f"It ends with `{word}`."


def chains(scene: Scene) -> str | None:
    """The chain of a like name, or the table that the chain is in."""
    words = scene.run.words
    table = scene.run.after("-t", "--table") or "filter"
    chain = scene.run.after(*_CHAIN_OPTIONS)
    if not chain or table not in _CHAINS:
        return ""
    if chain in _CHAINS[table]:
        number = words[words.index(chain) + 1] if words.index(chain) + 1 < len(words) else ""
        return f"{chain} has no rule number {number}." if number.isdecimal() else ""
    tables = [name for name, names in _CHAINS.items() if chain in names]
    if tables:
        named = (
            f"table {table}" if "-t" in words or "--table" in words else "table filter, which is meant without `-t`,"
        )
        return f"{chain} is a chain of table {tables[0]}; {named} has none of that name."
    return did_you_mean(chain, _CHAINS[table]) or f"Table {table} has no chain {chain}."


def targets(scene: Scene) -> str | None:
    """A target of a like name."""
    return did_you_mean(scene.part("target"), _TARGETS)


def matches(scene: Scene) -> str | None:
    """A match of a like name."""
    return did_you_mean(scene.part("match"), _MATCHES)


def protocols(scene: Scene) -> str | None:
    """A protocol of a like name."""
    return did_you_mean(scene.part("protocol"), _PROTOCOLS)


def own_policy(scene: Scene) -> str | None:
    """The policy that was typed."""
    words = scene.run.words
    return f"{words[-1]} is none." if words[-1] not in {"ACCEPT", "DROP"} else None


def filter_words(scene: Scene) -> str | None:
    """A word of a capture filter that comes near one it knows."""
    skipped = {at + 1 for at, word in enumerate(scene.run.words) if word in _DUMP_VALUES}
    words = [word for at, word in enumerate(scene.run.words) if at and at not in skipped and not word.startswith("-")]
    pieces = " ".join(words).replace("(", " ").replace(")", " ").split()
    for piece in pieces:
        if piece.isalpha() and piece not in _FILTER and (close := near(piece, _FILTER)):
            return f"Is `{piece}` meant to be `{close}`?"
    if pieces and pieces[-1] in {"host", "port", "net", "src", "dst", "and", "or", "not"}:
        return f"Behind `{pieces[-1]}` something is missing."
    return ""


def settings(scene: Scene) -> str | None:
    """A setting of a like name, with its value; or the blanks round `=` that made three words of one."""
    words = [word for word in scene.run.words[1:] if not word.startswith("-")]
    key = scene.part("key").replace("/", ".")
    if len(words) > 1 and (key.isdecimal() or words[1].startswith("=")):
        return f"`{words[0]}`, `=` and the value belong together, without blanks."
    known = scene.node.sysctls if scene.node else {}
    if key in known:
        return None
    close = near(key, known) or next((name for name in known if name.rpartition(".")[2] == key), "")
    return f"Did you mean {close}? It is {known[close]} {scene.place}." if close else ""


def lladdr(scene: Scene) -> str | None:
    """A name of one letter that `ip` reads as the beginning of a word of its own."""
    words, word = scene.run.words, scene.part("word")
    before = words[words.index(word) - 1] if word in words[1:] else ""
    full = next(
        (name for name in ("address", "broadcast") if before and name != before and name.startswith(before)), ""
    )
    if word not in _KEYWORDS or not full:
        return ""
    return f"`{before}` before it is short for `{full}`; with `name` or `dev` in front, `{before}` is a name."


def modules(scene: Scene) -> str | None:
    """A module of a like name."""
    return did_you_mean(scene.part("module"), ("http.server",))
