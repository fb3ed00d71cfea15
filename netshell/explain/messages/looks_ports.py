"""What a message has to do with the sockets that are there. A look gives what `looks_links` says."""

from collections.abc import Iterable

from netshell.explain.messages.looks_routes import no_way_to, nobody, typed_name
from netshell.explain.messages.scene import Scene, holders, ip_of, listing, place, target
from netshell.facts import Node, Socket, end_of

_EVERY = ("0.0.0.0", "::")  # noqa: S104 - how the kernel writes every address
_HTTP_SERVER = "8000"
"""The port that Python's web server takes where none is named."""
_ICMP_AND_IP = 28
"""Bytes that ping's payload has around it in IPv4: 20 and 8."""


def listeners_tcp(scene: Scene) -> str | None:
    """What listens, and where, on the node that refused a connection."""
    return _listeners(scene, "tcp")


def listeners_udp(scene: Scene) -> str | None:
    """What waits for datagrams on the node that refused one."""
    address = ip_of(scene.part("host"))
    is_own = address is not None and address.is_loopback and f"@{scene.part('host')}" not in scene.run.words
    asked = " With no name server in /etc/resolv.conf, the machine itself is asked." if is_own else ""
    seen = _listeners(scene, "udp")
    return f"{seen}{asked}" if seen else seen


def _listeners(scene: Scene, protocol: str) -> str | None:
    host, port = _host_and_port(scene, "53" if protocol == "udp" else "80")
    node = _holder(scene, host)
    if node is None or not port.isdecimal():
        return ""
    waiting = [each for each in node.sockets if each.is_waiting and each.protocol == protocol]
    here = [each for each in waiting if each.local_port == int(port[:6])]
    taking = next((each for each in here if each.accepts(host)), None)
    if taking:
        return f"{_start(_waits(taking, place(node.name)))} now: it came later, or a firewall rule refused."
    if here:
        return f"{_start(_waits(here[0], place(node.name)))} only, and not on {host}."
    ports = sorted({each.local_port for each in waiting})
    others = f": there {'is' if len(ports) == 1 else 'are'} {protocol}/{listing(map(str, ports))}" if ports else ""
    return f"Nothing {place(node.name)} waits on {protocol}/{port}{others}."


def _host_and_port(scene: Scene, usual: str) -> tuple[str, str]:
    """Where the run wanted to go. A name that stands for this host everywhere is its address."""
    host, port = scene.part("host"), scene.part("port") or usual
    return ("127.0.0.1" if host == "localhost" else host) or scene.target, port


def _holder(scene: Scene, host: str) -> Node | None:
    """The node that an address is of; loopback is the run's own. None where nobody has it, or several."""
    address = ip_of(host)
    if address is None:
        return None
    if address.is_loopback:
        return scene.node
    found = [node for node, _ in holders(scene.snapshot, host)]
    own = [node for node in found if node.name == scene.run.node]
    return (own or found)[0] if own or len(found) == 1 else None


def _waits(socket: Socket, where: str) -> str:
    program = socket.program or "something"
    verb = "listens" if socket.protocol == "tcp" else "takes datagrams"
    end = (
        f"{socket.protocol}/{socket.local_port}" if socket.local in _EVERY else end_of(socket.local, socket.local_port)
    )
    return f"{program} {where} {verb} on {end}"


def _start(text: str) -> str:
    return f"Something{text[9:]}" if text.startswith("something") else text


def port_taken(scene: Scene) -> str | None:
    """Who has the port that another program wanted."""
    node = scene.node
    if node is None:
        return None
    wanted = {scene.part("port"), *_numbers(scene.run.words)} - {""}
    if "http.server" in scene.run.words and not wanted:
        wanted = {_HTTP_SERVER}
    protocol = "udp" if scene.run.tool == "nc" and "u" in _options(scene) else "tcp"
    mine = [each for each in node.sockets if each.protocol == protocol and str(each.local_port) in wanted]
    waiting = [each for each in mine if each.is_waiting]
    if waiting:
        return f"{_start(_has(waiting[0], scene.place))}."
    closing = [each for each in mine if each.state == "TIME-WAIT"]
    return f"A closed connection still holds port {closing[0].local_port} for a minute (TIME-WAIT)." if closing else ""


def _numbers(words: Iterable[str]) -> set[str]:
    """The words that may be a port: `80`, and what stands behind a colon."""
    return {piece for word in words for piece in word.split(":")[-1:] if piece.isdecimal()}


def _has(socket: Socket, where: str) -> str:
    program = socket.program or "something"
    address = "every address" if socket.local in _EVERY else socket.local
    return f"{program} {where} has {socket.protocol}/{socket.local_port} already, on {address}"


def dhcp_port(scene: Scene) -> str | None:
    """Who has the DHCP server's port."""
    return _udp_port(scene, 67)


def dns_port(scene: Scene) -> str | None:
    """Who has the DNS server's port."""
    return _udp_port(scene, int(scene.part("port")[:5]) if scene.part("port").isdecimal() else 53)


def _udp_port(scene: Scene, port: int) -> str | None:
    sockets = [
        each for each in (scene.node.sockets if scene.node else ()) if each.is_waiting and each.local_port == port
    ]
    return f"{_start(_has(sockets[0], scene.place))}." if sockets else ""


def names_alone(scene: Scene) -> str | None:
    """`-n` among the options of nc: no name is looked up."""
    return "With `-n`, nc takes addresses only and looks no name up." if "n" in _options(scene) else ""


def no_port(scene: Scene) -> str | None:
    """The address that was taken for a port, because none stands behind it."""
    last = scene.run.words[-1]
    return f"nc took {last} for the port: the port itself is missing behind it." if ip_of(last) else ""


def nc_name(scene: Scene) -> str | None:
    """What a name was meant for, or that nc was told to look none up."""
    return typed_name(scene) or names_alone(scene)


def not_verbose(scene: Scene) -> str | None:
    """Only where nc was not asked to tell more, and was not waiting itself."""
    return None if set("vl") & set(_options(scene)) else ""


def _options(scene: Scene) -> str:
    """The letters of all short options."""
    return "".join(word[1:] for word in scene.run.words[1:] if word.startswith("-") and not word.startswith("--"))


def connecting(scene: Scene) -> str | None:
    """Why no connection came about, from the way to the listener."""
    return no_way_to(scene) or nobody(scene) or listeners_tcp(scene) or ""


def ping_size(scene: Scene) -> str | None:
    """How the size that was typed adds up against the MTU."""
    size, mtu = scene.run.after("-s"), scene.part("mtu")
    if not (size.isdecimal() and mtu.isdecimal() and len(size) < 7 and len(mtu) < 7):
        return ""
    most = int(mtu) - _ICMP_AND_IP
    whole = int(size) + _ICMP_AND_IP
    return f"With {size} bytes the packet has {whole}; {most} bytes of payload just fit." if whole > int(mtu) else ""


def refusing_node(scene: Scene) -> str | None:
    """Whose address a refusal came from."""
    found = holders(scene.snapshot, scene.part("from"))
    return f"{scene.part('from')} is {target(found[0][0].name)}." if found else ""
