"""Why a name does not lead to an address: the resolver's files, whom they send the node to, and what that one says."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from netshell.diagnosis.finding import Break, Finding, NameAnswer, NameQuestion, Target
from netshell.diagnosis.lookup import as_address, host, is_usable
from netshell.diagnosis.resolver import OWN_SERVER, Resolver, resolver_of
from netshell.diagnosis.seen import name_answers
from netshell.diagnosis.telling import finding
from netshell.diagnosis.words import named, run_on
from netshell.explain.messages.scene import near
from netshell.facts import PC, Node, Snapshot

if TYPE_CHECKING:
    from collections.abc import Sequence

    from netshell.packets.trace import Seen

Answers: TypeAlias = Mapping[NameQuestion, NameAnswer]
Reach: TypeAlias = Callable[[Target], Finding]
"""What `:why` says of the way from the node to somebody."""

_RCODES = {1: "it did not understand (FORMERR)", 2: "it could not find out (SERVFAIL)", 5: "it refuses (REFUSED)"}


def is_name(snapshot: Snapshot, here: Node, text: str) -> bool:
    """Whether a target is a name to be looked up, and not a namespace that is missing."""
    if text in snapshot.nodes:
        return False
    resolver = resolver_of(here)
    return "." in text or (resolver is not None and (bool(resolver.search) or resolver.listed(text) is not None))


class NameCase:
    """One node and one name."""

    def __init__(
        self, snapshot: Snapshot, here: Node, name: str, *, wire: "Sequence[Seen]", answers: Answers, reach: Reach
    ) -> None:
        self._snapshot, self._here, self._name = snapshot, here, name
        self._wire, self._answers, self._reach = wire, answers, reach

    def judge(self) -> "Finding | tuple[str, str]":
        """What is wrong; or the address that the name has for the node, and who says so."""
        resolver = resolver_of(self._here)
        if resolver is None:
            return self._told("out-of-sight", self._here.name, {"why": "the resolver's files were not read"})
        listed = resolver.listed(self._name) if "files" in resolver.sources else None
        is_first = "dns" not in resolver.sources or (
            listed is not None and resolver.sources.index("files") < resolver.sources.index("dns")
        )
        if listed is not None and is_first:
            return self._listed(resolver, listed)
        if "dns" not in resolver.sources:
            words = {"path": resolver.switch_path, "sources": " ".join(resolver.sources)}
            line = f"{self._here.name}: {resolver.switch_path}: hosts: {words['sources']}"
            return self._told("names-off", self._here.name, words, line)
        return self._asked(resolver)

    def _told(self, fault: str, at: str, words: Mapping[str, str], *lines: str) -> Finding:
        inside, there = run_on(self._here.name, ""), run_on(at, "")
        both = {"node": named(self._here.name), "name": self._name, "inside": inside, "there": there, "hint": ""}
        return finding(Break(fault, at, {**both, "mend": "", "path": "", **words}, lines))

    def _listed(self, resolver: Resolver, ip: str) -> "Finding | tuple[str, str]":
        """The hosts file has it: right, unless nobody has that address, or the name server knows better."""
        words = {"path": resolver.hosts_path, "ip": ip}
        line = f"{self._here.name}: {resolver.hosts_path}: {ip} {self._name}"
        known = self._known_by_servers(resolver)
        if isinstance(known, NameQuestion):
            why = f"what {named(known.node)} says of {self._name} has to be asked"
            return replace(self._told("out-of-sight", known.node, {"why": why}, line), question=known)
        if known and ip not in known:
            words["hint"] = f" The name server would say {', '.join(known)}."
        elif not self._holder(ip):
            words["hint"] = " No node has that address."
        else:
            return ip, resolver.hosts_path
        words["mend"] = f"sed -i '/{self._name}/d' {resolver.hosts_path}"
        return self._told("hosts-shadow", self._here.name, words, line)

    def _known_by_servers(self, resolver: Resolver) -> tuple[str, ...] | NameQuestion:
        """What the server that would be asked says, or the question for that; nothing where none serves names."""
        holders = {server: self._holder(server) for server in resolver.servers}
        for server, holder in holders.items():
            if holder and _serves(self._snapshot.nodes[holder]):
                found = self._answer(server, holder, self._name)
                if isinstance(found, NameQuestion):
                    return found if _can_be_asked(self._snapshot.nodes[holder]) else ()
                return found.ips
        return ()

    def _holder(self, ip: str) -> str:
        """The node that a server runs on; empty where that is not to be seen."""
        if as_address(ip).is_loopback:
            return self._here.name
        nodes = self._snapshot.nodes.values()
        return next((n.name for n in nodes if any(as_address(host(a)) == as_address(ip) for a in n.addresses)), "")

    def _asked(self, resolver: Resolver) -> "Finding | tuple[str, str]":
        """Each server in turn, as the resolver does: the first that can be reached answers."""
        servers = resolver.servers or ((OWN_SERVER,) if _serves(self._here) else ())
        text = " / ".join(line for line in resolver.conf.splitlines() if line.strip())
        line = f"{self._here.name}: {resolver.conf_path}: {text or 'empty'}"
        if not servers:
            words = {"path": resolver.conf_path, **self._better(resolver, ())}
            return self._told("no-resolver", self._here.name, words, line)
        ways = [self._reach(Target(server, 53, "udp")) for server in servers]
        for server, found in zip(servers, ways, strict=True):
            if found.holds:
                return self._answered(resolver, server, line)
        return self._unreached(resolver, servers[0], ways[0], line)

    def _unreached(self, resolver: Resolver, server: str, found: Finding, line: str) -> Finding:
        """The server that is named is no help: it is nobody, serves no names, or the way there is broken."""
        better = self._better(resolver, resolver.servers)
        holder = self._holder(server)
        serves_not = 80 <= found.layer < 90
        if better["mend"] and (serves_not or not holder):
            why = f"{named(holder)} has that address and serves no names" if holder else "nobody here has that address"
            words = {"path": resolver.conf_path, "server": server, "why": why, **better}
            return self._told("wrong-resolver", self._here.name, words, line, *found.evidence)
        if serves_not:
            words = {"server": server, "at": named(found.at)}
            return self._told("nobody-serves", found.at, words, line, *found.evidence)
        if found.fault == "out-of-sight":
            return found
        says = f"For {self._name}, {named(self._here.name)} asks {server}, and does not reach it: {found.says}"
        return replace(found, says=says, evidence=tuple(dict.fromkeys((line, *found.evidence))))

    def _better(self, resolver: Resolver, others: tuple[str, ...]) -> dict[str, str]:
        """A server that there is, and how the node is told to ask it."""
        for node in self._snapshot.nodes.values():
            ips = [host(a) for a in node.addresses if is_usable(a) and ":" not in a.cidr] if _serves(node) else []
            for ip in ips:
                if ip not in others and self._reach(Target(ip, 53, "udp")).holds:
                    own = f"/etc/netns/{self._here.name}"
                    path = resolver.conf_path if self._here.name == PC else f"{own}/resolv.conf"
                    make = "" if self._here.name == PC else f"mkdir -p {own} && "
                    hint = f" {named(node.name)} serves names at {ip}."
                    return {"hint": hint, "mend": f"{make}echo nameserver {ip} > {path}"}
        return {"hint": "", "mend": ""}

    def _answered(self, resolver: Resolver, server: str, line: str) -> "Finding | tuple[str, str]":
        """What the server says; asked for each name that the resolver would ask for."""
        holder = self._holder(server)
        words = {"server": server, "at": named(holder)}
        last, asked = NameAnswer(3), list[str]()
        for candidate in resolver.candidates(self._name):
            answer = self._answer(server, holder, candidate)
            if isinstance(answer, NameQuestion) and not _can_be_asked(self._snapshot.nodes[holder]):
                why = (
                    f"I would ask {named(holder)} for {candidate} over its own lo, and that is DOWN;"
                    f" `{run_on(self._here.name, f'dig @{server} {candidate}')}` asks it over the cable"
                )
                return self._told("out-of-sight", holder, {"why": why}, line)
            if isinstance(answer, NameQuestion):
                why = f"whether {named(holder)} ({server}) knows the name {candidate} has to be asked"
                return replace(self._told("out-of-sight", holder, {"why": why}, line), question=answer)
            last = answer
            asked.append(f"{holder}: answers {candidate} with code {last.rcode}, {len(last.ips)} addresses")
            if answer.ips:
                return answer.ips[0], f"{named(holder)}, which is asked for names ({server}),"
        if last.rcode == -1:
            return self._told("names-silent", holder, words, line)
        if last.rcode == 3:
            words["hint"] = self._alike(holder)
            return self._told("nxdomain", holder, words, *asked, line)
        words["what"] = _RCODES.get(last.rcode, "it knows the name, and no IPv4 address for it")
        return self._told("names-refused", holder, words, *asked, line)

    def _answer(self, server: str, holder: str, name: str) -> NameAnswer | NameQuestion:
        """What is known of a server's answer, by packets or because it was asked; else the question."""
        question = NameQuestion(holder, server, name)
        if question in self._answers:
            return self._answers[question]
        return name_answers(self._wire, self._here.name, server).get(name.lower(), question)

    def _alike(self, holder: str) -> str:
        """A name that the server was told of, and that is much like the one that it does not know."""
        details = self._snapshot.nodes[holder].details
        words = [word for line in details.commands for word in line] if details else []
        told = [part for word in words if word.startswith(("--address=", "-A")) for part in word.split("/")[1:-1]]
        told += [word.partition("=")[2].partition(",")[0] for word in words if word.startswith("--host-record=")]
        alike = near(self._name, told)
        return f" It knows {alike}." if alike else ""


def _can_be_asked(node: Node) -> bool:
    """Whether netshell can put a question to a server there: it does so on the node itself, over lo."""
    lo = node.links.get("lo")
    return lo is None or lo.is_up


def _serves(node: Node) -> bool:
    return any(s.protocol == "udp" and s.local_port == 53 and s.is_waiting for s in node.sockets)
