"""Breaks, and that all is well, put into the words that a learner reads."""

from netshell.diagnosis.faults import FAULTS
from netshell.diagnosis.finding import Break, Finding
from netshell.diagnosis.way import Way
from netshell.diagnosis.words import named, sentences


def finding(broken: Break, *more: str) -> Finding:
    """A break in the words of the catalogue."""
    fault = FAULTS[broken.fault]
    return Finding(
        holds=False,
        fault=fault.name,
        at=broken.at,
        says=sentences(fault.says.format(**broken.words)),
        evidence=tuple(dict.fromkeys((*broken.evidence, *more))),
        concept=fault.concept,
        mend=fault.mend.format(**broken.words),
        look=fault.look.format(**broken.words),
        layer=fault.layer,
    )


def well(at: str, says: str, *evidence: str) -> Finding:
    """That nothing is broken."""
    return Finding(holds=True, fault="", at=at, says=sentences(says), evidence=tuple(dict.fromkeys(evidence)))


def ways(there: Way, back: Way) -> str:
    """How the packets go, and how the answers come back."""
    if not there.routers and not back.routers:
        return "they are on one link, and each has the other's address in its own network"
    out, home = _names(there.routers), _names(tuple(reversed(back.routers)))
    if out == home:
        return f"the way leads through {out}, and so does the way back"
    going = f"through {out}" if out else "straight there"
    return f"the way leads {going}, the way back {f'through {home}' if home else 'straight home'}"


def _names(nodes: tuple[str, ...]) -> str:
    names = [named(node) for node in nodes]
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))
