/* The least that a star of N hosts costs: raw netlink, many messages a call, no library.
 *
 *     star N        in a network and a mount namespace of its own, with an empty /run/netns
 *
 * The same lab as netshell's: N hosts and a switch, each a named namespace; every host has a cable to the switch's
 * bridge, an address, `lo` up and a default route. Prints milliseconds: how long it took, and what it used of the
 * processor. It waits for nothing: a port may not forward yet when it ends.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { ROOM = 60000, BRIDGE_INDEX = 2, HOST_INDEX = 2, FIRST_PORT = 3 };

struct letter {
	char bytes[ROOM + 4096];
	size_t used;
	struct nlmsghdr *last;
};

static void need(int result, const char *what)
{
	if (result < 0) {
		perror(what);
		exit(1);
	}
}

static void begin(struct letter *to, int type, int flags, const void *body, size_t length)
{
	struct nlmsghdr *head = (struct nlmsghdr *)(to->bytes + to->used);

	memset(head, 0, NLMSG_HDRLEN);
	head->nlmsg_type = type;
	head->nlmsg_flags = NLM_F_REQUEST | flags;
	head->nlmsg_len = NLMSG_LENGTH(length);
	memcpy(NLMSG_DATA(head), body, length);
	to->last = head;
}

static struct rtattr *put(struct letter *to, int type, const void *value, size_t length)
{
	struct nlmsghdr *head = to->last;
	struct rtattr *attribute = (struct rtattr *)((char *)head + NLMSG_ALIGN(head->nlmsg_len));

	attribute->rta_type = type;
	attribute->rta_len = RTA_LENGTH(length);
	if (length)
		memcpy(RTA_DATA(attribute), value, length);
	head->nlmsg_len = NLMSG_ALIGN(head->nlmsg_len) + RTA_ALIGN(attribute->rta_len);
	return attribute;
}

static void close_nest(struct letter *to, struct rtattr *nest)
{
	nest->rta_len = (char *)to->last + to->last->nlmsg_len - (char *)nest;
}

static void end(struct letter *to)
{
	to->used += NLMSG_ALIGN(to->last->nlmsg_len);
}

/* All of it in one call; the last message is the one that is acknowledged. */
static void post(int fd, struct letter *letter)
{
	char answer[8192];
	struct nlmsghdr *head = (struct nlmsghdr *)answer;

	letter->last->nlmsg_flags |= NLM_F_ACK;
	letter->last->nlmsg_seq = 1;
	need(send(fd, letter->bytes, letter->used, 0), "send");
	letter->used = 0;
	do {
		need(recv(fd, answer, sizeof answer, 0), "recv");
		if (head->nlmsg_type == NLMSG_ERROR && ((struct nlmsgerr *)NLMSG_DATA(head))->error) {
			fprintf(stderr, "refused: %s\n", strerror(-((struct nlmsgerr *)NLMSG_DATA(head))->error));
			exit(1);
		}
	} while (head->nlmsg_seq != 1);
}

static void switch_on(struct letter *to, int index)
{
	struct ifinfomsg link = { .ifi_index = index, .ifi_flags = IFF_UP, .ifi_change = IFF_UP };

	begin(to, RTM_NEWLINK, 0, &link, sizeof link);
	end(to);
}

/* A named namespace, as `ip netns add` makes it; gives a netlink socket in it. */
static int make_namespace(const char *name, int home, int *namespace)
{
	char path[64];
	int fd;

	snprintf(path, sizeof path, "/run/netns/%s", name);
	need(fd = open(path, O_CREAT | O_EXCL | O_RDONLY | O_CLOEXEC, 0444), path);
	close(fd);
	need(unshare(CLONE_NEWNET), "unshare");
	need(mount("/proc/self/ns/net", path, 0, MS_BIND, 0), path);
	need(*namespace = open(path, O_RDONLY | O_CLOEXEC), path);
	need(fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE), "socket");
	need(setns(home, CLONE_NEWNET), "setns");
	return fd;
}

static void make_bridge(int fd, struct letter *letter)
{
	struct ifinfomsg link = { .ifi_index = BRIDGE_INDEX, .ifi_flags = IFF_UP, .ifi_change = IFF_UP };
	struct rtattr *info;

	begin(letter, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &link, sizeof link);
	put(letter, IFLA_IFNAME, "br0", 4);
	info = put(letter, IFLA_LINKINFO, NULL, 0);
	put(letter, IFLA_INFO_KIND, "bridge", 6);
	close_nest(letter, info);
	end(letter);
	post(fd, letter);
}

/* One message: the pair, both names, the far end in its namespace, the near one a port of the bridge and up. */
static void lay_cable(struct letter *letter, int number, int host)
{
	struct ifinfomsg port = { .ifi_index = FIRST_PORT + number, .ifi_flags = IFF_UP, .ifi_change = IFF_UP };
	struct ifinfomsg far = { .ifi_index = HOST_INDEX };
	struct rtattr *info, *data, *peer;
	char name[16];
	int bridge = BRIDGE_INDEX;

	snprintf(name, sizeof name, "p%d", number + 1);
	begin(letter, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &port, sizeof port);
	put(letter, IFLA_IFNAME, name, strlen(name) + 1);
	put(letter, IFLA_MASTER, &bridge, sizeof bridge);
	info = put(letter, IFLA_LINKINFO, NULL, 0);
	put(letter, IFLA_INFO_KIND, "veth", 4);
	data = put(letter, IFLA_INFO_DATA, NULL, 0);
	peer = put(letter, VETH_INFO_PEER, &far, sizeof far);
	put(letter, IFLA_IFNAME, "eth0", 5);
	put(letter, IFLA_NET_NS_FD, &host, sizeof host);
	close_nest(letter, peer);
	close_nest(letter, data);
	close_nest(letter, info);
	end(letter);
}

static void configure(int fd, struct letter *letter, int number)
{
	struct ifaddrmsg address = { .ifa_family = AF_INET, .ifa_prefixlen = 16, .ifa_index = HOST_INDEX };
	struct rtmsg route = { .rtm_family = AF_INET, .rtm_table = RT_TABLE_MAIN, .rtm_protocol = RTPROT_BOOT,
			       .rtm_scope = RT_SCOPE_UNIVERSE, .rtm_type = RTN_UNICAST };
	unsigned ip = htonl(0x0a000002 + number), gateway = htonl(0x0a000001);

	switch_on(letter, 1);
	switch_on(letter, HOST_INDEX);
	begin(letter, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &address, sizeof address);
	put(letter, IFA_LOCAL, &ip, sizeof ip);
	put(letter, IFA_ADDRESS, &ip, sizeof ip);
	end(letter);
	begin(letter, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, &route, sizeof route);
	put(letter, RTA_GATEWAY, &gateway, sizeof gateway);
	end(letter);
	post(fd, letter);
}

static double now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1e3 + now.tv_nsec / 1e6;
}

static double processor_ms(void)
{
	struct rusage used;

	getrusage(RUSAGE_SELF, &used);
	return (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1e3 +
	       (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e3;
}

int main(int count, char **words)
{
	static struct letter letter;
	struct rlimit most;
	int hosts = count > 1 ? atoi(words[1]) : 0, home, middle, namespace;
	int *talks = calloc(hosts, sizeof *talks), *namespaces = calloc(hosts, sizeof *namespaces);
	char name[16];
	double begun, taken, used;

	getrlimit(RLIMIT_NOFILE, &most);
	most.rlim_cur = most.rlim_max;
	setrlimit(RLIMIT_NOFILE, &most);
	used = processor_ms();
	begun = now_ms();
	need(home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), "namespace");
	middle = make_namespace("sw", home, &namespace);
	for (int number = 0; number < hosts; number++) {
		snprintf(name, sizeof name, "h%d", number + 1);
		talks[number] = make_namespace(name, home, &namespaces[number]);
	}
	make_bridge(middle, &letter);
	for (int number = 0; number < hosts; number++) {
		lay_cable(&letter, number, namespaces[number]);
		if (letter.used > ROOM || number == hosts - 1)
			post(middle, &letter);
	}
	for (int number = 0; number < hosts; number++)
		configure(talks[number], &letter, number);
	taken = now_ms() - begun;
	printf("%.3f %.3f\n", taken, processor_ms() - used);
	return 0;
}
