# Sourced by the scripts beside it: nodes that vanish with the script, and captures of their links.
#
# Three nodes: ns1 (192.0.2.2, 2001:db8:1::2) and ns2 (198.51.100.2, 2001:db8:2::2) on two networks, r1 between them.

have() { command -v "$1" >/dev/null 2>&1; }
on() { node=$1; shift; ip netns exec "$node" "$@"; }
quietly() { "$@" >/dev/null 2>&1 || true; }

# Captures are written by tcpdump. CAPTURE NODE INTERFACE FILE [OPTIONS]
capture() {
    node=$1 device=$2 file=$3; shift 3
    ip netns exec "$node" tcpdump -Z root -U --immediate-mode -i "$device" -w "$work/$file" "$@" 2>"$work/$file.log" &
    pids="${pids:-} $!"
    until grep -qs "listening on" "$work/$file.log"; do sleep 0.05; done
}
stop() { sleep 0.3; for pid in $pids; do kill "$pid"; done; wait $pids || true; pids=; }

make_nodes() {
    mount -t tmpfs none /run
    mkdir -p /run/netns
    : >"$work/resolv.conf" # no program here asks the real machine's name server
    mount --bind "$work/resolv.conf" /etc/resolv.conf
    for node in ns1 r1 ns2; do
        ip netns add $node
        ip -n $node link set lo up
        on $node sysctl -qw net.ipv6.conf.default.accept_dad=0 net.ipv4.ip_forward=0
    done
    ip link add eth0 netns ns1 type veth peer name eth1 netns r1
    ip link add eth2 netns r1 type veth peer name eth0 netns ns2
    for end in "ns1 eth0" "r1 eth1" "r1 eth2" "ns2 eth0"; do
        set -- $end
        ip -n "$1" link set "$2" address "02:00:00:00:0${1#*[sr]}:0${2#eth}"
        if have ethtool; then quietly on "$1" ethtool -K "$2" tx off tso off gso off gro off; fi
    done
}

raise_links() {
    ip -n r1 link set eth1 up
    ip -n r1 link set eth2 up
    ip -n ns1 link set eth0 up
    ip -n ns2 link set eth0 up
    sleep 1
}

give_addresses() {
    ip -n r1 address add 192.0.2.1/24 dev eth1
    ip -n r1 address add 2001:db8:1::1/64 dev eth1
    ip -n r1 address add 198.51.100.1/24 dev eth2
    ip -n r1 address add 2001:db8:2::1/64 dev eth2
    on r1 sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
    ip -n ns1 address add 192.0.2.2/24 dev eth0
    ip -n ns1 address add 2001:db8:1::2/64 dev eth0
    ip -n ns1 route add default via 192.0.2.1
    ip -n ns1 route add default via 2001:db8:1::1
    ip -n ns2 address add 198.51.100.2/24 dev eth0
    ip -n ns2 address add 2001:db8:2::2/64 dev eth0
    ip -n ns2 route add default via 198.51.100.1
    ip -n ns2 route add default via 2001:db8:2::1
}
