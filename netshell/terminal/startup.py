"""What every bash of the private machine reads when it starts: the marks around its prompts, and little else."""

RC_PATH = "/run/netshell/bashrc"
PC_NETWORK = "/run/netshell/pc"
"""Stands for the PC's own network namespace, mounted by the machine's first process: /proc/1 is closed to all."""
_FUNCTION_KEYS = [*(f"O{letter}" for letter in "PQRS"), *(f"[{n}~" for n in (*range(11, 16), *range(17, 22), 23, 24))]
"""F1 to F12 as terminals send them: netshell's own, which reach bash where they were pressed while a program ran."""
TYPED_AHEAD_KEY = b"\x1b[9977~"
"""A key that no keyboard has: bash answers it with what was typed ahead and not yet run."""

_RC = r"""
case $- in *i*) ;; *) return ;; esac
[ "$__netshell" = "$BASHPID" ] && return
__netshell=$BASHPID
HISTFILE=
shopt -s checkwinsize
alias ls='ls --color=auto' grep='grep --color=auto'
__netshell_node=pc
for __netshell_file in /run/netns/*; do
  [[ $__netshell_file -ef /proc/self/ns/net ]] && __netshell_node=${__netshell_file##*/}
done
[[ $__netshell_node == pc && ! /proc/self/ns/net -ef PC_NETWORK ]] && __netshell_node='?'
unset __netshell_file
__netshell_count=0
__netshell_prompt() {
  [[ -t 2 ]] || exec 2>/dev/tty
  PS1='\[\e]133;A;NONCE;$BASHPID.$((++__netshell_count));$?;$SHLVL;$__netshell_node;${PWD//[^[:print:]]/?}\a\]'
  PS2='\[\e]133;A;NONCE;$BASHPID.$((++__netshell_count));+\a\]'
  PS0='\e]133;C;NONCE\a'
}
__netshell_typed() {
  printf '\e]133;T;NONCE;%s\a' "${READLINE_LINE//[^[:print:]]/}"
  READLINE_LINE= READLINE_POINT=0
}
PROMPT_COMMAND=__netshell_prompt
readonly PROMPT_COMMAND
__netshell_prompt
bind 'set enable-bracketed-paste on' 'set bell-style none' 'set enable-active-region off' 2>/dev/null
for __netshell_keys in emacs vi-insert vi-command; do
  bind -m $__netshell_keys -x '"\e[9977~": __netshell_typed' 2>/dev/null
done
unset __netshell_keys
bind FUNCTION_KEYS 2>/dev/null
command_not_found_handle() { printf 'bash: %s: command not found\n' "$1" >&2; return 127; }
"""

_SOURCE_IT = f"[ -r {RC_PATH} ] && . {RC_PATH}\n"


def files(nonce: str) -> dict[str, str]:
    """The files to put into the private machine, path to content."""
    return {
        RC_PATH: _RC.lstrip()
        .replace("NONCE", nonce)
        .replace("PC_NETWORK", PC_NETWORK)
        .replace("FUNCTION_KEYS", " ".join(f'\'"\\e{key}": ""\'' for key in _FUNCTION_KEYS)),
        "/etc/bash.bashrc": _SOURCE_IT,
        "/root/.bashrc": _SOURCE_IT + "# Your own aliases and functions go below; they last as long as this machine.\n",
    }
