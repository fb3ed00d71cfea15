"""scapy's AsyncSniffer at one interface, until it is told to stop; what it kept goes into a pcap file.

python -m bench.sniffer INTERFACE FILE
"""

import signal
import sys
import threading


def main(interface: str, file: str) -> None:
    """Sniff until SIGTERM."""
    from scapy.layers import l2  # noqa: F401, PLC0415 - scapy reads Ethernet by it
    from scapy.sendrecv import AsyncSniffer  # noqa: PLC0415
    from scapy.utils import wrpcap  # noqa: PLC0415

    over = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: over.set())
    sniffer = AsyncSniffer(iface=interface, store=True)
    sniffer.start()
    over.wait()
    sniffer.stop()
    wrpcap(file, sniffer.results or [])


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
