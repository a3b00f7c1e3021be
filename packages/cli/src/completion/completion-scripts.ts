export type Shell = 'bash' | 'zsh' | 'fish';

export function isShell(text: string): text is Shell {
  return text in completionScripts;
}

/**
 * Each asks `mlstack complete -- WORDS` for lines of `value<TAB>summary`. A value that ends in `=` or is the line `:files` or
 * `:folders` alone leaves the rest to the shell.
 */
export const completionScripts: Readonly<Record<Shell, string>> = {
  bash: `_mlstack_complete() {
  local line path part candidates=() words=()
  COMPREPLY=()
  # "=" and ":" break words in bash; put them together again, as they were typed up to the cursor.
  local rest="\${COMP_LINE:0:$COMP_POINT}"
  for part in "\${COMP_WORDS[@]:0:COMP_CWORD+1}"; do
    if [[ \${#words[@]} -eq 0 || "$rest" == [[:space:]]* ]]; then words+=(""); fi
    rest="\${rest#"\${rest%%[![:space:]]*}"}"
    [[ "$rest" == "$part"* ]] || part="$rest"
    words[\${#words[@]}-1]+="$part"
    rest="\${rest#"$part"}"
  done
  local current="\${words[\${#words[@]}-1]}"
  words=("\${words[@]//[\\"\\'\\\\]/}")
  while IFS=$'\\t' read -r line _; do
    case "$line" in
      # Readline's own completion knows of quotes; bash 3 cannot be told to use it.
      :files) compopt -o default 2>/dev/null || while IFS= read -r path; do candidates+=("$path"); done < <(compgen -f -- "\${current#*=}") ;;
      :folders) compopt -o dirnames 2>/dev/null || while IFS= read -r path; do candidates+=("$path"); done < <(compgen -d -- "\${current#*=}") ;;
      *=) compopt -o nospace 2>/dev/null; candidates+=("$line") ;;
      *) candidates+=("$line") ;;
    esac
  done < <(mlstack complete -- "\${words[@]:1}" 2>/dev/null)
  local start=""
  [[ "$current" == *=* && "$COMP_WORDBREAKS" == *=* ]] && start="\${current%=*}="
  local candidate
  for candidate in "\${candidates[@]}"; do COMPREPLY+=("\${candidate#"$start"}"); done
}
complete -F _mlstack_complete mlstack
`,
  zsh: `#compdef mlstack
_mlstack() {
  local -a plain nospace
  local value summary
  while IFS=$'\\t' read -r value summary; do
    case "$value" in
      :files) compset -P '--*='; _files ;;
      :folders) compset -P '--*='; _files -/ ;;
      *=) nospace+=("\${value//:/\\\\:}:$summary") ;;
      *) plain+=("\${value//:/\\\\:}:$summary") ;;
    esac
  done < <(mlstack complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)
  (( $#plain )) && _describe 'mlstack' plain
  (( $#nospace )) && _describe 'mlstack' nospace -S ''
}
if (( $+functions[compdef] )); then compdef _mlstack mlstack; else autoload -Uz compinit && compinit && compdef _mlstack mlstack; fi
`,
  fish: `function __mlstack_paths
  set -l token (commandline -ct)
  set -l prefix (string match -r -- '^--[^=]+=' $token)
  for path in (complete -C "'' "(string sub -s (math 1 + (string length -- "$prefix")) -- $token) | string replace -r '\\t.*' '')
    printf "%s\\n" "$prefix$path"
  end
end
function __mlstack_complete
  set -l words (commandline -opc) (commandline -ct)
  for line in (mlstack complete -- $words[2..-1] 2>/dev/null)
    switch $line
      case ':files*'
        __mlstack_paths
      case ':folders*'
        __mlstack_paths | string match '*/'
      case '*'
        echo $line
    end
  end
end
complete -c mlstack -f -a '(__mlstack_complete)'
`,
};
