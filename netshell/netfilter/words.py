"""Rules and chains as their own tools name them."""

from netshell.filters import Chain, Family, FilterRule, Tool

_PROGRAMS = {"ip": "iptables", "ip6": "ip6tables"}


def program(family: Family, tool: Tool) -> str:
    """Which program a rule is written with: `iptables`, `ip6tables`, `iptables-legacy`, `nft`."""
    name = _PROGRAMS.get(family)
    if tool == "nft" or name is None:
        return "nft"
    return f"{name}-legacy" if tool == "iptables-legacy" else name


def rule_named(rule: FilterRule) -> str:
    """The rule `iptables -A INPUT -p tcp -j DROP`, the rule `tcp dport 80 drop` (nft, table ip f, chain in)."""
    name = program(rule.family, rule.tool)
    if name == "nft":
        return f"the rule `{rule.text}` (nft, table {rule.family} {rule.table}, chain {rule.chain})"
    table = "" if rule.table == "filter" else f"-t {rule.table} "
    return f"the rule `{name} {table}{rule.text}`"


def chain_named(chain: Chain) -> str:
    """`the chain INPUT (iptables, table filter)`."""
    name = program(chain.family, chain.tool)
    table = chain.table if name != "nft" else f"{chain.family} {chain.table}"
    return f"the chain {chain.name} ({name}, table {table})"


def deletion(rule: FilterRule) -> str:
    """The command that takes a rule away."""
    name = program(rule.family, rule.tool)
    if name == "nft":
        return f"nft delete rule {rule.family} {rule.table} {rule.chain} handle {rule.handle}"
    table = "" if rule.table == "filter" else f"-t {rule.table} "
    return f"{name} {table}-D{rule.text.removeprefix('-A')}"


def opening(chain: Chain) -> str:
    """The command that lets everything pass that no rule of a chain stops."""
    name = program(chain.family, chain.tool)
    if name == "nft":
        return f"nft chain {chain.family} {chain.table} {chain.name} '{{ policy accept; }}'"
    table = "" if chain.table == "filter" else f"-t {chain.table} "
    return f"{name} {table}-P {chain.name} ACCEPT"
