"""Hostile lessons: what a stranger's file may hold, by name. Some are texts, some are commands that a lesson runs."""

from collections.abc import Mapping

SECRET = "TOPSECRET-91c7"
"""Stands in the learner's home and environment; no lesson may get at it."""
ESC, BEL = "\x1b", "\x07"
_CLIPBOARD = f"{ESC}]52;c;aGFjaw=={BEL}"
_LINK = f"{ESC}]8;;http://evil.example{BEL}click{ESC}]8;;{BEL}"

HEAD = "---\nformat: 1\ntitle: A lesson\nsummary: For a test.\n---\n\n# A lesson\n\nWords.\n"
STEP = "\n## One\n\nWords.\n"
DO = "\n```console do\n$ ip netns add ns1\n```\n"
CHECK = "\n```yaml check\n- {netns: ns1}\n```\n"


def _front(line: str) -> str:
    return HEAD.replace("summary: For a test.\n", f"summary: For a test.\n{line}\n") + STEP


def _yaml(block: str, role: str = "check") -> str:
    return f"{HEAD}{STEP}{DO}\n```yaml {role}\n{block}\n```\n" + ("" if role == "check" else CHECK)


def _in(place: str, text: str) -> str:
    """A whole lesson with a text in one of its places."""
    places = {
        "title": HEAD.replace("title: A lesson", f"title: A{text}") + STEP,
        "summary": HEAD.replace("For a test.", f"For{text}") + STEP,
        "heading": HEAD + f"\n## One{text}\n\nWords.\n",
        "prose": HEAD + f"\n## One\n\nWords{text}\n",
        "code": HEAD + f"\n## One\n\n```\ncode{text}\n```\n",
        "table": HEAD + f"\n## One\n\n| a | b |\n|---|---|\n| {text} | y |\n",
        "hint": HEAD + STEP + DO + CHECK + f"\n> [!TIP]\n> Look{text}\n",
        "command": HEAD + STEP + f"\n```console do\n$ echo a{text}\n```\n" + CHECK,
        "say": _yaml(f"- do: $ true\n  say: Wrong{text}", "wrong"),
        "question": _yaml(f"question: What{text}?\nchoices: [a, b]\nanswer: 1\nwhy: So.", "ask"),
        "choice": _yaml(f"question: What?\nchoices: [a{text}, b]\nanswer: 1\nwhy: So.", "ask"),
        "node": _front(f'lab: {{nodes: {{"ns{text}": host}}}}'),
        "variable": _front(f'vars: {{net: {{pick: ["a{text}"]}}}}'),
        "regex": _yaml(f'- {{output: "a{text}"}}'),
        "file": _yaml(f'- {{file: "/root/{text}"}}'),
    }
    return places[place]


PLACES = (
    *("title", "summary", "heading", "prose", "code", "table", "hint", "command"),
    *("say", "question", "choice", "node", "variable", "regex", "file"),
)
_DEEP = 3000


def texts() -> Mapping[str, bytes]:
    """Files by name. None of them may hang a reader, and none may bring a control character to a terminal."""
    found = {
        "bomb": _front("x: &a [1,1]\ny: &b [*a,*a]\nz: [*b,*b]"),
        "cycle": _front("lab: &a {nodes: *a}"),
        "merge": _front("lab: {<<: {nodes: {}}}"),
        "tag": _front("lab: !!python/object/apply:os.system ['touch /tmp/owned']"),
        "binary-tag": _front("lab: !!binary aGFjaw=="),
        "deep-flow": _front("lab: " + "[" * _DEEP + "]" * _DEEP),
        "deep-map": _front("lab: " + "{a: " * _DEEP + "1" + "}" * _DEEP),
        "deep-block": _front("lab:\n" + "".join(f"{' ' * n}a:\n" for n in range(1, 400))),
        "many-values": _yaml("- {any: [" + ",".join("{netns: a}" for _ in range(9000)) + "]}"),
        "many-keys": _front("vars: {" + ", ".join(f"v{n}: {{pick: [1]}}" for n in range(4000)) + "}"),
        "many-picks": _front("vars: {v: {pick: [" + ",".join(map(str, range(20000))) + "]}}"),
        "huge-product": _front("vars: {" + ", ".join(f"v{n}: {{pick: [1,2,3,4,5,6]}}" for n in range(60)) + "}"),
        "many-nodes": _front("lab: {nodes: {" + ", ".join(f"n{n}: host" for n in range(8000)) + "}}"),
        "many-steps": HEAD + "".join(f"\n## S{n}\n\nW.\n" for n in range(9000)),
        "big-number": _yaml("- {sysctl: net.ipv4.ip_forward, is: " + "9" * 5000 + "}"),
        "big-count": _yaml("- {ping: 192.0.2.1, count: 999999999999}"),
        "long-line": HEAD + "\n## One\n\n" + "a" * 200_000,
        "too-large": HEAD + "a" * 300_000,
        "deep-quote": HEAD + "\n## One\n\n" + ">" * _DEEP + " x\n",
        "deep-list": HEAD + "\n## One\n\n" + "".join(f"{'  ' * n}- x\n" for n in range(300)),
        "deep-brackets": HEAD + "\n## One\n\n" + "[" * 20_000 + "x" + "]" * 20_000,
        "deep-emphasis": HEAD + "\n## One\n\n" + "*a_" * 20_000,
        "deep-backticks": HEAD + "\n## One\n\n" + "".join("`" * n + " " for n in range(600)),
        "many-pipes": HEAD + "\n## One\n\n" + "|" * 20_000 + "\n" + "|-" * 10_000 + "\n",
        "html": HEAD + "\n## One\n\n<script>alert(1)</script>\n\n<img src=x onerror=y>\n",
        "no-end": HEAD + "\n## One\n\n```console do\n$ true\n",
        "front-only": "---\nformat: 1\n",
        "nothing": "",
        "blanks": " \n" * 5000,
        "regex-nested": _yaml('- {output: "(a+)+$"}'),
        "regex-alternatives": _yaml('- {typed: "(a|aa)+$"}'),
        "regex-repeats": _yaml('- {output: "(((a{1,100}){1,100}){1,100}){1,100}"}'),
        "regex-backreference": _yaml(r'- {output: "(.*)\\1\\1\\1x"}'),
        "filter-long": _yaml("{packets: " + "(" * 5000 + "icmp" + ")" * 5000 + "}", "show"),
        "cidr": _yaml("- {address: 192.0.2.1/" + "9" * 400 + "}"),
        "name-up": _front('lab: {nodes: {"../x": host}}'),
        "name-option": _front('lab: {nodes: {"-rf": host}}'),
        "name-path": _front('lab: {nodes: {"/etc/passwd": host}}'),
        "needs-up": _front("needs: [../../etc/passwd]"),
        "tools-shell": _front('tools: ["ping; rm -rf /"]'),
        "link-option": _front('lab: {nodes: {a: host, b: host}, links: ["a:-rf -- b:eth0"]}'),
        "file-proc": _yaml("- {file: /proc/1/environ}"),
        "file-up": _yaml("- {file: /root/../../home}"),
        "bidi": HEAD + "\n## One\n\nWords \u202etxt.exe\u202c and \u2066more\u2069.\n",
    }
    escaped = {f"{place}-csi": _in(place, f"{ESC}[2J{ESC}[31m") for place in PLACES}
    escaped |= {f"{place}-osc": _in(place, _CLIPBOARD + _LINK) for place in ("title", "prose", "say", "command")}
    # what YAML writes as an escape is a control character only once it has been read
    yaml_escape = r"\e]52;c;aGFjaw==\a\x9b2J\u202e"
    escaped |= {
        f"{place}-yaml": _in(place, yaml_escape)
        .replace("say: Wrong", 'say: "Wrong')
        .replace(yaml_escape + "\n", yaml_escape + ('"\n' if place == "say" else "\n"))
        for place in ("say", "node", "variable", "regex", "file")
    }
    raw = {
        "nul": b"---\nformat: 1\ntitle: A\0B\n---\n",
        "latin-1": HEAD.encode() + b"\n## One\n\n\xe9\xff\xfe\n",
        "utf-16": HEAD.encode("utf-16"),
        "surrogate": HEAD.encode() + b"\n## One\n\n\xed\xa0\x80\n",
        "c1": HEAD.encode() + b"\n## One\n\n\xc2\x9b2J\xc2\x9d52;c;aGk=\xc2\x9c\n",
        "carriage": HEAD.encode() + b"\n## One\n\nharmless\rrm -rf /\n",
        "noise": bytes(range(256)) * 40,
    }
    return {name: text.encode() for name, text in (found | escaped).items()} | raw


_READ = f"grep -rqs {SECRET}"
_LEAK = "&& echo OWNED > /root/leak"


def commands() -> Mapping[str, str]:
    """Lines that a lesson types, by name. Where one gets what it wants it writes OWNED into /root/leak."""
    python = "python3 -c"
    return {
        "environ": f"cat /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n' | grep -q {SECRET} {_LEAK}",
        "env": f"env | grep -q {SECRET} {_LEAK}",
        "home": f"{_READ} /home /root /mnt /srv /media /tmp /var/tmp {_LEAK}",
        "proc-root": f"for p in /proc/[0-9]*/root /proc/[0-9]*/cwd; do {_READ} $p/home $p/root $p/tmp {_LEAK}; done",
        "proc-fd": f"for f in /proc/1/fd/*; do timeout 0.2 grep -qs {SECRET} $f {_LEAK}; done",
        "proc-mem": "head -c 1 /proc/1/mem && echo OWNED > /root/leak; head -c 1 /dev/mem && echo OWNED > /root/leak",
        "umount": f"umount -l /root /home /etc /tmp /var /run /proc /sys /dev; {_READ} /root /home {_LEAK}",
        "umount-all": f"umount -a -l; {_READ} /root /home /tmp {_LEAK}",
        "remount": "mount -o remount,rw / && touch /usr/owned && echo OWNED > /root/leak",
        "remount-bind": "mount --bind /usr /mnt && mount -o remount,rw,bind /mnt && touch /mnt/owned && "
        "echo OWNED > /root/leak",
        "new-userns": "unshare -Urm sh -c 'mount -o remount,rw / && touch /usr/owned' && echo OWNED > /root/leak",
        "etc-host": "touch /etc/.host/owned && echo OWNED > /root/leak",
        "mknod": "mknod /root/d b 254 0 && head -c 1 /root/d && echo OWNED > /root/leak",
        "mknod-tmpfs": "mkdir /root/m; mount -t tmpfs x /root/m; mknod /root/m/d c 1 1 && head -c 1 /root/m/d && "
        "echo OWNED > /root/leak",
        "disk": "for d in /dev/sd* /dev/vd* /dev/nvme*; do head -c 1 $d && echo OWNED > /root/leak; done",
        "core-pattern": "echo '|/bin/true' > /proc/sys/kernel/core_pattern && echo OWNED > /root/leak",
        "sysrq": "echo b > /proc/sysrq-trigger && echo OWNED > /root/leak",
        "sys-write": "echo 1 > /sys/kernel/mm/transparent_hugepage/enabled && echo OWNED > /root/leak",
        "cgroup": "mkdir /root/c; mount -t cgroup2 x /root/c && echo 1 > /root/c/cgroup.kill "
        "&& echo OWNED > /root/leak",
        "nsenter": f"nsenter -t 1 -a {_READ} /home {_LEAK}; nsenter -t 1 -m -r {_READ} /home {_LEAK}",
        "chroot": f'{python} \'import os; os.mkdir("c"); f = os.open("/", 0); os.chroot("c"); os.fchdir(f);'
        ' [os.chdir("..") for _ in range(50)]; os.chroot("."); os.execvp("sh", ["sh", "-c", "'
        f"{_READ} /home\"])' {_LEAK}",
        "ptrace": f"{python} 'import ctypes; raise SystemExit(ctypes.CDLL(None).ptrace(16, 1, 0, 0) != 0)' {_LEAK}",
        "module": "insmod /nowhere.ko; modprobe dummy && echo OWNED > /root/leak",
        "reboot": "reboot -f; halt -f; poweroff -f; true",
        "clock": "date -s 2001-01-01 && echo OWNED > /root/leak",
        "swap": "swapoff -a && grep -q . /proc/swaps || true",
        "kill-all": "kill -9 -1",
        "kill-each": "for p in $(seq 1 4000); do kill -9 $p; done 2>/dev/null",
        "fork-bomb": ":(){ :|:& };: 2>/dev/null",
        "fork-loop": "while :; do sleep 100 & done 2>/dev/null",
        "fill": "for d in /tmp /root /var /run /dev/shm /home; do head -c 600M /dev/zero > $d/x; done 2>/dev/null",
        "inodes": "for d in /tmp /root /run; do for n in $(seq 1 3000); do : > $d/$n; done; done 2>/dev/null",
        "memory": f"{python} 'x = bytearray(40 << 30)' && echo OWNED > /root/leak",
        "flood": "head -c 60M /dev/zero | tr '\\0' 'x'",
        "escape": r"printf '\033]52;c;aGFjaw==\a\033[2J\033]0;owned\a\033[?1049h\033[6n'",
        "network": "ping -c 1 -W 0.2 192.0.2.1 && echo OWNED > /root/leak; ip route get 192.0.2.1 && "
        "echo OWNED > /root/leak",
        "outside-port": "nc -z -w 1 127.0.0.1 $PORT && echo OWNED > /root/leak; nc -z -w 1 127.0.0.1 {PORT} && "
        "echo OWNED > /root/leak",
        "abstract": f"{python} 'import socket; s = socket.socket(socket.AF_UNIX); "
        f's.connect(chr(0) + "netshell-test-{{PORT}}")\' {_LEAK}',
        "tiocsti": f"{python} 'import fcntl; [fcntl.ioctl(0, 0x5412, c.encode()) for c in \"echo x > /root/y\\n\"]'",
        "tty": "for t in /dev/tty[0-9]* /dev/pts/*; do echo owned > $t; done 2>/dev/null; true",
        "keyring": "keyctl show @s && echo OWNED > /root/leak",
        "shim": "rm -rf /run/netshell /etc/bash.bashrc ~/.bashrc; ip netns delete pc; true",
    }


def lesson_of(command: str) -> str:
    """A lesson whose solution is the command; its check can hold only where the command got what it wants."""
    check = "```yaml check\n- {file: /root/leak, contains: OWNED}\n```\n"
    return f"{HEAD}\n## One\n\nWords.\n\n```console do\n$ {command}\n```\n\n{check}"
