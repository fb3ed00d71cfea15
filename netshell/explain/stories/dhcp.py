"""How a host gets its address by DHCP: discover, offer, request, ACK (RFC 2131)."""

from collections.abc import Iterator

from netshell.explain.stories.fate import lost_answer
from netshell.explain.stories.stage import Stage, named
from netshell.explain.stories.story import Story
from netshell.explain.stories.trips import Trip
from netshell.explain.stories.words import duration, listing, sentences, times
from netshell.packets.messages import Dhcp
from netshell.packets.summary import harmless

_DISCOVER, _OFFER, _REQUEST, _DECLINE, _ACK, _NAK, _RELEASE, _INFORM = range(1, 9)
_ROUTER, _NAME_SERVER, _WANTED, _LEASE, _MESSAGE = 3, 6, 50, 51, 56
_MOST_SERVERS = 3
_LONGEST_WORDS = 60
_NOBODY = "0.0.0.0"  # noqa: S104 - the address of who has none yet, not one to bind to


class Leasing:
    """The messages of one client under one transaction number."""

    def __init__(self, message: Dhcp) -> None:
        self._mac = message.client_mac
        self._said: dict[int, list[tuple[Trip, Dhcp]]] = {}
        self._numbers: list[int] = []
        self._last_ns = 0

    def add(self, trip: Trip, message: Dhcp) -> None:
        """The next message."""
        self._said.setdefault(message.message, []).append((trip, message))
        self._numbers += trip.numbers
        self._last_ns = trip.time_ns

    @property
    def began(self) -> int:
        """The number of its first crossing."""
        return self._numbers[0]

    def stories(self, stage: Stage) -> Iterator[Story]:
        """How far the four steps came."""
        client = self._client(stage)
        says, is_trouble, at = self._told(named(client) or self._mac, client, stage)
        yield Story("dhcp", says, tuple(sorted(self._numbers)), is_trouble, at or client)

    def _client(self, stage: Stage) -> str:
        """The node that asks; empty where it is not known."""
        for kind in (_DISCOVER, _REQUEST, _RELEASE, _DECLINE, _INFORM):
            if kind in self._said:
                return self._said[kind][0][0].origin or stage.owners.of(self._mac)
        return stage.owners.of(self._mac)

    def _told(self, who: str, client: str, stage: Stage) -> tuple[str, bool, str]:
        said = self._said
        if _ACK in said:
            return self._given(who, client, stage)
        if _NAK in said:
            trip, message = said[_NAK][0]
            why = message.option(_MESSAGE)
            words = f" (“{harmless(why[0], _LONGEST_WORDS)}”)" if why else ""
            wanted = self._wanted()
            says = f"{who} asked for {wanted or 'an address'}, and {_server(trip, stage)} said no (NAK){words}"
            return sentences(says, "it has to begin again with Discover"), True, trip.origin
        if _RELEASE in said:
            address = said[_RELEASE][0][1].client_ip
            return sentences(f"{who} gave its address {address} back (Release)"), False, ""
        if _DECLINE in said:
            says = f"{who} declined {self._wanted() or 'the address'} (Decline): it found it in use already"
            return sentences(says), True, ""
        if _DISCOVER in said or _REQUEST in said:
            return self._unfinished(who, client, stage)
        kind = next(iter(self._said.values()))[0][1].message_name
        return sentences(f"DHCP {kind} for {who} was seen, and nothing else of that exchange"), False, ""

    def _given(self, who: str, client: str, stage: Stage) -> tuple[str, bool, str]:
        trip, message = self._said[_ACK][-1]
        server = _server(trip, stage)
        steps = [name for kind, name in _STEPS if kind in self._said]
        if not trip.reached(client):
            end = lost_answer(trip, client, stage, "the ACK")
            return sentences(f"{who} asked {server} for an address", end.says), True, end.at
        if message.your_ip == _NOBODY:
            return sentences(f"{who} asked {server} for its settings and got them ({', '.join(steps)})"), False, ""
        lease = message.option(_LEASE)
        time = f" for {duration(int(lease[0]))}" if lease and lease[0].isdigit() else ""
        verb = "got the address" if _DISCOVER in self._said else "may keep the address" if self._is_renewal() else "got"
        says = f"{who} {verb} {message.your_ip}{time} from {server} ({', '.join(steps)})"
        return sentences(f"{says}{_settings(message)}"), False, ""

    def _is_renewal(self) -> bool:
        return any(message.client_ip != _NOBODY for _, message in self._said.get(_REQUEST, ()))

    def _wanted(self) -> str:
        """The address that the client named."""
        for kind in (_REQUEST, _DECLINE, _DISCOVER):
            for _, message in self._said.get(kind, ()):
                wanted = message.option(_WANTED)
                if wanted or message.client_ip != _NOBODY:
                    return harmless(wanted[0] if wanted else message.client_ip)
        return ""

    def _unfinished(self, who: str, client: str, stage: Stage) -> tuple[str, bool, str]:
        requests, discovers, offers = (self._said.get(kind, []) for kind in (_REQUEST, _DISCOVER, _OFFER))
        is_young = stage.is_young(self._last_ns)
        if requests:
            often = f" {times(len(requests))}" if len(requests) > 1 else ""
            says = f"{who} asked{often} for {self._wanted() or 'an address'} (Request); "
            return sentences(says + ("not answered yet" if is_young else "no server answered")), not is_young, ""
        often = f" {times(len(discovers))}" if len(discovers) > 1 else ""
        asked = f"{who} asked{often} for an address (Discover)"
        if not offers:
            if is_young:
                return sentences(f"{asked}; no offer yet"), False, ""
            came = list(dict.fromkeys(named(node) for trip, _ in discovers for node in trip.receivers))
            where = f"it came to {listing(came[:4])}" if 0 < len(came) <= 4 else ""
            return sentences(f"{asked}; no server offered one", where), True, ""
        trip, message = offers[0]
        offered = f"{asked}; {_server(trip, stage)} offered {message.your_ip}"
        if not trip.reached(client):
            end = lost_answer(trip, client, stage, "the offer")
            return sentences(offered, end.says), True, end.at
        if is_young:
            return sentences(f"{offered}; not taken yet"), False, ""
        return sentences(f"{offered}, but {who} did not take it: no Request followed"), True, ""


_STEPS = (
    (_DISCOVER, "Discover"),
    (_OFFER, "Offer"),
    (_REQUEST, "Request"),
    (_INFORM, "Inform"),
    (_ACK, "ACK"),
)


def _server(trip: Trip, stage: Stage) -> str:
    return stage.who(trip)


def _settings(message: Dhcp) -> str:
    """What comes with the address."""
    routers, servers = message.option(_ROUTER), message.option(_NAME_SERVER)
    parts = []
    if routers:
        parts.append(f"router {harmless(listing(routers[:_MOST_SERVERS]))}")
    if servers:
        noun = "name server" if len(servers) == 1 else "name servers"
        parts.append(f"{noun} {harmless(listing(servers[:_MOST_SERVERS]))}")
    return f": {', '.join(parts)}" if parts else ""


class Leasings:
    """The DHCP exchanges of a trace."""

    def __init__(self) -> None:
        self.all: list[Leasing] = []
        self._open: dict[tuple[str, int], Leasing] = {}

    def add(self, trip: Trip, message: Dhcp) -> None:
        """The next message."""
        key = (message.client_mac, message.xid)
        found = self._open.get(key)
        if found is None:
            found = self._open[key] = Leasing(message)
            self.all.append(found)
        found.add(trip, message)
