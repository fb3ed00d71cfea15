#!/bin/sh
# Makes more captures of this directory, each of one kind of traffic. See make.sh; needs also bird, nft, traceroute,
# arping, dumpcap, curl, dig, dnsmasq, dhclient.
#
#     sudo tests/captures/make_services.sh [DIRECTORY]
set -eu

here=$(cd "$(dirname "$0")" && pwd)
target=$(cd "${1:-$here}" && pwd)
if [ "${INSIDE:-}" = "" ]; then
    INSIDE=1 exec unshare --net --mount --pid --fork --kill-child --mount-proc sh "$here/make_services.sh" "$target"
fi
. "$here/lab.sh"
work=$(mktemp -d)
cd "$work"
make_nodes
raise_links
give_addresses
talk() { node=$1; shift; ip netns exec "$node" python3 "$here/talk.py" "$@"; }
mount -t tmpfs none /var/lib/dhcp 2>/dev/null || true

# DNS, over UDP and TCP, with and without EDNS: records of many kinds, an answer that does not fit, names that are not.
cat >dnsmasq.conf <<'END'
bind-interfaces
interface=eth1
no-resolv
no-hosts
domain=example.test
local=/example.test/
address=/www.example.test/198.51.100.2
host-record=v6.example.test,2001:db8:2::2
host-record=both.example.test,192.0.2.77,2001:db8::77
cname=a.example.test,b.example.test
cname=b.example.test,v6.example.test
mx-host=example.test,mail.example.test,10
mx-host=example.test,mail2.example.test,20
txt-record=example.test,"v=spf1 -all","second \"text\""
srv-host=_http._tcp.example.test,www.example.test,80,1,2
ptr-record=2.100.51.198.in-addr.arpa,www.example.test
caa-record=example.test,0,issue,ca.example
naptr-record=example.test,100,10,S,SIP+D2U,,_sip._udp.example.test
dns-rr=odd.example.test,4711,0102030405
dhcp-range=192.0.2.100,192.0.2.105,255.255.255.0,2m
dhcp-option=option:dns-server,192.0.2.1,198.51.100.1
dhcp-option=option:ntp-server,192.0.2.1
dhcp-option=option:mtu,1400
dhcp-option=option:T1,3
dhcp-option=option:domain-search,example.test,test
dhcp-option=option:classless-static-route,203.0.113.0/24,192.0.2.1,0.0.0.0/0,192.0.2.1
dhcp-option=vendor:,1,2
dhcp-boot=boot.img,tftp,192.0.2.1
dhcp-authoritative
no-ping
END
for number in 1 2 3 4 5 6; do
    echo "txt-record=long.example.test,\"$(head -c 150 /dev/zero | tr '\0' $number)\"" >>dnsmasq.conf
done
ip netns exec r1 dnsmasq -k -u root -C dnsmasq.conf -l leases -x dnsmasq.pid >/dev/null 2>&1 &
names=$!
sleep 1
capture ns1 eth0 dns.pcap port 53
for question in "www.example.test A" "both.example.test A" "both.example.test AAAA" "a.example.test AAAA" \
    "example.test MX" "example.test TXT" "example.test CAA" "example.test NAPTR" "odd.example.test TYPE4711" \
    "example.test ANY" "_http._tcp.example.test SRV" "nothing.example.test A" "example.org A" "-x 198.51.100.2" \
    "-x 2001:db8:2::2" "+noedns www.example.test HTTPS" "+dnssec +nsid www.example.test A" "version.bind CHAOS TXT" \
    "+noedns +ignore long.example.test TXT" "+noedns long.example.test TXT" "+bufsize=4096 long.example.test TXT" \
    "+tcp www.example.test A" "+norecurse . NS" "+opcode=status www.example.test" "wWw.ExAmple.TEST A" \
    "+noedns \\\\000\\\\255.example.test A" "+subnet=192.0.2.0/24 www.example.test A"; do
    quietly on ns1 dig +tries=1 +time=2 @192.0.2.1 $question
done
quietly on ns1 dig +keepopen +tcp +tries=1 +time=2 @192.0.2.1 www.example.test A example.test MX
stop

# DHCP: discover to ACK, renewal, an address of another network (NAK), release.
capture ns1 eth0 dhcp.pcap port 67 or port 68
printf '#!/bin/sh\nexit 0\n' >script && chmod +x script && touch leases1
client() { quietly on ns1 timeout 12 dhclient "$@" -sf "$work/script" -lf "$work/leases1" -pf "$work/pid1" eth0; }
cat >client.conf <<'END'
send host-name "student";
send dhcp-lease-time 60;
send dhcp-client-identifier "an identifier";
request subnet-mask, broadcast-address, routers, domain-name, domain-name-servers, ntp-servers, interface-mtu,
    domain-search, rfc3442-classless-static-routes;
END
sed -i '1i option rfc3442-classless-static-routes code 121 = array of unsigned integer 8;' client.conf
client -1 -cf client.conf
sleep 5
client -x -cf client.conf
sed -i 's/fixed-address .*/fixed-address 10.9.9.9;/' leases1
client -1 -cf client.conf
client -r -cf /dev/null
stop
kill $names
ip -n ns1 address flush dev eth0 scope global
ip -n ns1 address add 192.0.2.2/24 dev eth0
ip -n ns1 route replace default via 192.0.2.1

# HTTP: a real server, and one that does what is allowed and rare.
mkdir www
echo '<h1>It works</h1>' >www/index.html
(cd www && exec ip netns exec ns2 python3 -m http.server 80 >/dev/null 2>&1) &
web=$!
talk ns2 web &
sleep 0.7
capture ns1 eth0 http.pcap
site=http://198.51.100.2
for words in "$site/index.html" "$site/missing" "-I $site/" "-d name=value $site/" "-T - $site/upload" \
    "$site/index.html $site/missing" "-H If-Modified-Since:Fri,01Jan2100 $site/" "$site/a%20b?c=d&e=f#g" \
    "-X OPTIONS --request-target * $site" "$site:8080/chunked"; do
    echo body | quietly on ns1 curl -s -m 3 $words
done
printf 'GET / HTTP/1.1\r\nhost: a\r\n\r\nGET /2 HTTP/1.1\r\nhost: a\r\n\r\n' | quietly on ns1 nc -N -w 2 198.51.100.2 8080
printf 'GET /picture HTTP/1.0\n\n' | quietly on ns1 nc -N -w 2 198.51.100.2 8080
printf 'GET / HTTP/1.1\r\nHost: in\r\n' | quietly on ns1 nc -N -w 2 198.51.100.2 8080
printf 'NONSENSE\r\n\r\n' | quietly on ns1 nc -N -w 2 198.51.100.2 80
kill $web
stop

# Address translation: the same packets on both sides of r1, outwards masqueraded, inwards to a port that is forwarded.
on r1 nft -f - <<'END'
table ip nat {
    chain out { type nat hook postrouting priority 100; oifname "eth2" masquerade; }
    chain in { type nat hook prerouting priority -100; iifname "eth2" tcp dport 8000 dnat to 192.0.2.2:80; }
}
END
capture r1 eth1 nat-inside.pcap
capture r1 eth2 nat-outside.pcap
on ns2 timeout 4 nc -l 6000 >/dev/null &
on ns1 timeout 4 nc -l 80 >/dev/null &
sleep 0.3
quietly on ns1 ping -c 2 -i 0.2 198.51.100.2
echo out | quietly on ns1 nc -N -w 2 198.51.100.2 6000
echo in | quietly on ns2 nc -N -w 2 198.51.100.1 8000
echo closed | quietly on ns1 nc -u -w 1 198.51.100.2 5999
stop
on r1 nft delete table ip nat

# Errors of every kind, asked for and answered by the kernel; ways through the network.
on ns2 sysctl -qw net.ipv4.ipfrag_time=1 net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0
on r1 sysctl -qw net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0 net.ipv4.conf.all.send_redirects=1
ip -n ns1 address add 2001:db8:1::2/64 dev eth0
ip -n ns1 route replace default via 2001:db8:1::1
port=9001
for kind in net-unreachable host-unreachable prot-unreachable port-unreachable net-prohibited host-prohibited \
    admin-prohibited; do
    rules="${rules:-}meta nfproto ipv4 udp dport $port reject with icmp type $kind; "
    port=$((port + 1))
done
for kind in no-route admin-prohibited addr-unreachable port-unreachable policy-fail reject-route; do
    rules="${rules}meta nfproto ipv6 udp dport $port reject with icmpv6 type $kind; "
    port=$((port + 1))
done
on r1 nft -f - <<END
table inet errors {
    chain forward { type filter hook forward priority 0; $rules tcp dport 9099 reject with tcp reset; }
}
END
ip -n r1 route add blackhole 203.0.113.0/26
ip -n r1 route add prohibit 203.0.113.64/26
ip -n r1 route add 203.0.113.128/26 via 192.0.2.77
ip -n r1 route add 2001:db8:9::/64 via 2001:db8:1::77
capture ns1 eth0 errors.pcap
for port in 9001 9002 9003 9004 9005 9006 9007; do echo x | quietly on ns1 nc -u -w 0 198.51.100.2 $port; done
for port in 9008 9009 9010 9011 9012 9013; do echo x | quietly on ns1 nc -6 -u -w 0 2001:db8:2::2 $port; done
quietly on ns1 nc -w 1 198.51.100.2 9099
for address in 203.0.113.1 203.0.113.65 203.0.113.129 203.0.113.200 2001:db8:9::1 2001:db8:8::1 198.51.100.77; do
    quietly on ns1 ping -c 1 -W 1 $address
done
quietly on ns1 ping -c 1 -W 1 -T tsandaddr 192.0.2.1
quietly on ns1 ping -c 1 -W 1 -b 192.0.2.255
talk ns1 odd
sleep 1.5
quietly on ns1 traceroute -n -q 1 -w 1 198.51.100.2
quietly on ns1 traceroute -n -q 1 -w 1 -I 198.51.100.2
quietly on ns1 traceroute -n -q 1 -w 1 -T -p 80 198.51.100.2
quietly on ns1 traceroute -6 -n -q 1 -w 1 2001:db8:2::2
quietly on ns1 traceroute -6 -n -q 1 -w 1 -I 2001:db8:2::2
stop
on r1 nft delete table inet errors

# TCP with all its options, slow and lossy, urgent, kept alive, reset; the same cut short, and with nanoseconds.
on ns1 sysctl -qw net.ipv4.tcp_fastopen=3 net.ipv4.tcp_ecn=1
on ns2 sysctl -qw net.ipv4.tcp_fastopen=3 net.ipv4.tcp_ecn=1
on ns2 nft -f - <<END
table inet loss {
    chain in { type filter hook input priority 0; tcp dport 7002 meta length > 1000 numgen inc mod 4 == 1 drop; }
}
END
capture ns1 eth0 tcp.pcap -s 200 tcp
capture ns1 eth0 cut.pcap -s 60 tcp
capture ns2 eth0 nano.pcap -s 100 --time-stamp-precision=nano -y EN10MB "tcp port 7000"
for what in plain slow lossy signed fast multipath; do
    talk ns2 serve $what 2>/dev/null &
    sleep 0.3
    quietly timeout 6 ip netns exec ns1 python3 "$here/talk.py" send $what
    if [ $what = fast ]; then quietly talk ns1 send $what; fi
done
talk ns2 serve plain &
sleep 0.3
talk ns1 reset
stop

# What the link itself says: tagged frames, lengths instead of types, gratuitous ARP, a router's advertisement.
capture r1 eth1 link.pcap
capture r1 any cooked-odd1.pcap -y LINUX_SLL
capture r1 any cooked-odd2.pcap -y LINUX_SLL2
talk ns1 frames eth0
talk r1 advertise eth1
quietly on ns1 arping -q -c 1 -U -I eth0 192.0.2.2
quietly on ns1 arping -q -c 1 -A -I eth0 192.0.2.2
quietly on ns1 arping -q -c 1 -D -w 1 -I eth0 192.0.2.55
quietly on ns1 arping -q -c 1 -I eth0 192.0.2.1
sleep 0.5
stop

# Raw IP out of a tun device; a file of several interfaces with comments, as Wireshark writes it.
talk ns1 tunnel &
sleep 0.5
ip -n ns1 address add 203.0.113.1/24 dev tun0
ip -n ns1 link set tun0 up
capture ns1 tun0 raw.pcap
quietly on ns1 ping -c 2 -i 0.2 203.0.113.9
echo x | quietly on ns1 nc -u -w 0 203.0.113.9 5000
ip netns exec ns1 dumpcap -q -i eth0 -i lo -i tun0 -w interfaces.pcapng --capture-comment "three interfaces" \
    >/dev/null 2>&1 &
dumpcap=$!
sleep 1
quietly on ns1 ping -c 1 198.51.100.2
quietly on ns1 ping -c 1 127.0.0.1
quietly on ns1 ping -c 1 203.0.113.9
quietly on ns1 ping -c 1 ::1
sleep 0.5
kill -INT $dumpcap
wait $dumpcap || true
python3 "$here/talk.py" forget interfaces.pcapng
stop

for file in *.pcap *.pcapng; do cp "$file" "$target/$file"; done
rm -rf "$work"
