#!/bin/sh
# Makes the captures of this directory with real programs, in namespaces that vanish with the script.
#
#     sudo tests/captures/make.sh [DIRECTORY]
#
# Two networks and a router that runs dnsmasq (names, DHCP, router advertisements), as lab.sh lays them out.
# Needs ip, tcpdump, ping, nc (openbsd), python3; takes dig, curl, dnsmasq, dhclient, bird where they are found.
# Each run gives other ports, sequence numbers and times: the tests compare with what tshark reads, not with constants.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
target=$(cd "${1:-$here}" && pwd)
if [ "${INSIDE:-}" = "" ]; then
    INSIDE=1 exec unshare --net --mount --pid --fork --kill-child --mount-proc sh "$here/make.sh" "$target"
fi
. "$here/lab.sh"
work=$(mktemp -d)
cd "$work"
make_nodes

# The capture begins before the links are up, so that router solicitations and listener reports are in it.
ip -n ns1 link set eth0 up
capture ns1 eth0 lan.pcap
capture r1 any cooked2.pcap
raise_links
give_addresses

# Ping: answered, unanswered on the link, too many hops, no such network, in fragments, too large for the way.
quietly on ns1 ping -c 2 -i 0.2 198.51.100.2
quietly on ns1 ping -c 1 -W 2 192.0.2.99
quietly on ns1 ping -c 1 -W 1 -t 1 198.51.100.2
quietly on ns1 ping -c 1 -W 1 203.0.113.1
quietly on ns1 ping -c 1 -W 1 -s 3000 198.51.100.2
quietly on ns1 ping -c 1 -W 1 -R 192.0.2.1
ip -n r1 link set eth2 mtu 1400
quietly on ns1 ping -c 1 -W 1 -M do -s 1440 198.51.100.2
quietly on ns1 ping -6 -c 1 -W 1 -M do -s 1420 2001:db8:2::2
ip -n r1 link set eth2 mtu 1500
quietly on ns1 ping -6 -c 2 -i 0.2 2001:db8:2::2
quietly on ns1 ping -6 -c 1 -W 1 -t 1 2001:db8:2::2
quietly on ns1 ping -6 -c 1 -W 1 -s 3000 2001:db8:1::1

# UDP and TCP: a conversation each, and a closed port.
on ns2 timeout 3 nc -u -l 5000 >/dev/null &
on ns2 timeout 6 nc -l 6000 >/dev/null &
on ns2 timeout 6 nc -6 -l 6001 >/dev/null &
sleep 0.3
echo 'hello over UDP' | quietly on ns1 nc -u -w 1 198.51.100.2 5000
echo 'nobody listens' | quietly on ns1 nc -u -w 1 198.51.100.2 5999
echo 'hello over TCP' | quietly on ns1 nc -N -w 2 198.51.100.2 6000
quietly on ns1 nc -w 1 198.51.100.2 6999
echo 'hello over IPv6' | quietly on ns1 nc -6 -N -w 2 2001:db8:2::2 6001
echo 'nobody' | quietly on ns1 nc -6 -u -w 1 2001:db8:2::2 5999

# HTTP.
mkdir www
echo '<h1>It works</h1>' >www/index.html
(cd www && exec ip netns exec ns2 python3 -m http.server 80 >/dev/null 2>&1) &
web=$!
sleep 0.7
if have curl; then
    quietly on ns1 curl -s http://198.51.100.2/index.html
    quietly on ns1 curl -s -H 'X-Test: yes' http://198.51.100.2/missing
    quietly on ns1 curl -s -I http://198.51.100.2/
fi
printf 'GET / HTTP/1.0\r\n\r\n' | quietly on ns1 nc -N -w 2 198.51.100.2 80
kill $web

# DNS and DHCP.
if have dnsmasq; then
    cat >dnsmasq.conf <<'END'
bind-interfaces
interface=eth1
no-resolv
no-hosts
domain=example.test
local=/example.test/
address=/www.example.test/198.51.100.2
host-record=v6.example.test,2001:db8:2::2
cname=alias.example.test,v6.example.test
mx-host=example.test,mail.example.test,10
txt-record=example.test,"v=spf1 -all","second text"
srv-host=_http._tcp.example.test,www.example.test,80,1,2
ptr-record=2.100.51.198.in-addr.arpa,www.example.test
dhcp-range=192.0.2.100,192.0.2.150,255.255.255.0,1h
dhcp-range=2001:db8:1::,ra-only
dhcp-option=option:dns-server,192.0.2.1
enable-ra
dhcp-authoritative
no-ping
END
    ip netns exec r1 dnsmasq -k -u root -C dnsmasq.conf -l leases -x dnsmasq.pid >/dev/null 2>&1 &
    sleep 1
    if have dig; then
        for question in "www.example.test A" "alias.example.test AAAA" "example.test MX" "example.test TXT" \
            "_http._tcp.example.test SRV" "nothing.example.test A" "example.org A" "-x 198.51.100.2"; do
            quietly on ns1 dig +tries=1 +time=2 @192.0.2.1 $question
        done
        quietly on ns1 dig +tcp +tries=1 +time=2 @192.0.2.1 www.example.test A
        quietly on ns1 dig +noedns +tries=1 +time=2 @192.0.2.1 www.example.test ANY
    fi
    if have dhclient; then
        ip -n ns1 address flush dev eth0 scope global
        printf '#!/bin/sh\nexit 0\n' >script && chmod +x script && touch leases1
        quietly on ns1 timeout 10 dhclient -1 -sf "$work/script" -cf /dev/null -lf "$work/leases1" -pf "$work/pid1" eth0
        quietly on ns1 timeout 5 dhclient -r -sf "$work/script" -cf /dev/null -lf "$work/leases1" -pf "$work/pid1" eth0
    fi
fi
stop

# Routers that talk to each other: OSPF, and BGP over TCP. A bridge that speaks the spanning tree protocol.
if have bird; then
    for node in r1 ns2; do
        number=${node#*[sr]}
        case $node in r1) other=2 device=eth2 ;; *) other=1 device=eth0 ;; esac
        cat >bird-$node.conf <<END
router id 198.51.100.$number;
protocol device { }
protocol ospf v2 { ipv4 { import all; export all; }; area 0 { interface "$device" { hello 1; wait 2; }; }; }
protocol bgp { ipv4 { import all; export all; }; local 198.51.100.$number as 6500$number;
    neighbor 198.51.100.$other as 6500$other; connect delay time 1; }
END
    done
    capture ns2 eth0 routers.pcap
    ip netns exec r1 bird -f -c bird-r1.conf -s bird-r1.ctl >/dev/null 2>&1 &
    one=$!
    ip netns exec ns2 bird -f -c bird-ns2.conf -s bird-ns2.ctl >/dev/null 2>&1 &
    two=$!
    sleep 8
    kill $one $two
    stop
fi
capture ns2 eth0 bridge.pcap
ip -n r1 link set eth2 down
ip -n r1 link add br0 type bridge stp_state 1 hello_time 100
ip -n r1 link set br0 up
ip -n r1 link set eth2 master br0 up
sleep 3.5
stop

# The loopback of a node, and the older cooked header.
capture ns1 any cooked1.pcap -y LINUX_SLL
on ns1 timeout 3 nc -l 127.0.0.1 7000 >/dev/null &
sleep 0.2
quietly on ns1 ping -c 1 127.0.0.1
echo 'to myself' | quietly on ns1 nc -N -w 1 127.0.0.1 7000
quietly on ns1 ping -6 -c 1 ::1
stop

for file in *.pcap; do cp "$file" "$target/$file"; done
rm -rf "$work"
