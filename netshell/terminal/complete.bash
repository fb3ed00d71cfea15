# What bash itself would offer for a word, printed for netshell/terminal/completion.py: a first record that says what
# the rest is (`files` or `words`, and `nospace` where no space may follow), then one candidate a record, each ended by
# a NUL. Everything that a learner typed comes in as an argument and is never evaluated.
#
#   MODE ROOT REST [LINE CWORD WORD...]
#
# MODE is command, variable, user, file or words; ROOT is the `~` or `$NAME` that the word begins with, REST what
# follows it, without quotes. LINE, CWORD and the WORDs are what a completion function finds in COMP_LINE and so on.

exec 3>&1 </dev/null >/dev/null 2>&1
ns_mode=$1 ns_root=$2 ns_rest=$3

# Before any function exists: bash would offer it.
case $ns_mode/$ns_rest in
  command/*/*) ;;
  command/* | variable/* | user/*)
    mapfile -t ns_found < <(compgen -A "$ns_mode" -- "$ns_rest")
    printf '%s\0' words "${ns_found[@]:0:4000}" >&3
    exit ;;
esac

shopt -s extglob progcomp nullglob
ns_base='' ns_most=1000
case $ns_root in
  '~') ns_base=$HOME ;;
  '$'*) ns_name=${ns_root//[^A-Za-z0-9_]/} ns_base=${!ns_name} ;;
esac

# ns_print KIND: the candidates; directories end with a slash.
ns_print() {
  local at path
  if [[ $1 == files* ]]; then
    for at in "${!ns_found[@]}"; do
      ((at < ns_most)) || break
      path=${ns_found[at]}
      [[ $path == '~/'* ]] && path=$HOME/${path:2}
      [[ $path != */ && -d $ns_base$path ]] && ns_found[at]+=/
    done
  fi
  printf '%s\0' "$1" "${ns_found[@]:0:ns_most}" >&3
}

# ns_files [-d|-x]: the files (directories, programs) whose names begin with ROOT and REST, without ROOT.
ns_files() {
  local path
  ns_found=()
  for path in "$ns_base$ns_rest"*; do
    ((${#ns_found[@]} < ns_most)) || break
    [[ $1 != -d || -d $path ]] || continue
    [[ $1 != -x || -d $path || -x $path ]] || continue
    ns_found+=("${path#"$ns_base"}")
  done
  ns_print files
}

case $ns_mode in
  command) ns_files -x; exit ;;
  file) ns_files; exit ;;
esac

COMP_WORDBREAKS=$' \t\n"\'@><=;|&(:'
COMP_LINE=$4 COMP_POINT=${#4} COMP_CWORD=$5 COMP_TYPE=9 COMP_KEY=9
COMP_WORDS=("${@:6}")
ns_command=${COMP_WORDS[0]} ns_name=${COMP_WORDS[0]##*/}
ns_current=${COMP_WORDS[COMP_CWORD]#[\"\']} ns_previous=${COMP_WORDS[COMP_CWORD - 1]}
[[ $ns_current == +([@=:]) ]] && ns_current=
set --
shopt -u nullglob

for ns_file in /usr/share/bash-completion/bash_completion /usr/local/share/bash-completion/bash_completion; do
  [[ -r $ns_file ]] && . "$ns_file" && break
done

declare -A ns_option
# Completion functions say with it how their words are to be taken; the builtin refuses outside of readline.
compopt() {
  while (($#)); do
    case $1 in
      -o) ns_option[$2]=1; shift ;;
      +o) unset "ns_option[$2]"; shift ;;
    esac
    shift
  done
}

# ns_ask SPECIFICATION: as bash does with a line of `complete -p`. Its words are quoted by bash; the last one, the
# command's name, is not, and goes. The status is 124 where the function loaded something and wants to be asked again.
ns_ask() {
  local words=() other=() function=
  eval "words=(${1% *})"
  set -- "${words[@]:1}"
  ns_option=()
  while (($#)); do
    case $1 in
      -F) function=$2; shift ;;
      -o) ns_option[$2]=1; shift ;;
      -C) shift ;;
      -[AGWPSX]) other+=("$1" "$2"); shift ;;
      *) other+=("$1") ;;
    esac
    shift
  done
  COMPREPLY=()
  if [[ $function == *_minimal ]]; then
    ns_option[default]=1
  elif [[ $function ]]; then
    "$function" "$ns_command" "$ns_current" "$ns_previous"
    (($? == 124)) && return 124
  fi
  ((${#other[@]})) && mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen "${other[@]}" -- "$ns_current")
  return 0
}

for ns_attempt in 1 2 3; do
  ns_known=$(complete -p -- "$ns_command" || complete -p -- "$ns_name" || complete -p -D) || break
  ns_ask "$ns_known"
  (($? == 124)) || break
done

shopt -s nullglob
if ((${#COMPREPLY[@]} == 0)); then
  [[ ! $ns_known && $ns_name == @(cd|pushd|rmdir) || ${ns_option[dirnames]} ]] && { ns_files -d; exit; }
  [[ ! $ns_known || ${ns_option[default]}${ns_option[bashdefault]} ]] && { ns_files; exit; }
fi
ns_found=("${COMPREPLY[@]}") ns_kind=words
[[ ${ns_option[filenames]} ]] && ns_kind=files
ns_print "$ns_kind${ns_option[nospace]:+ nospace}"
