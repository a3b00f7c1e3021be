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
  local line path candidates=() words
  COMPREPLY=()
  # "=" and ":" break words in bash; put them together again, as they were typed.
  local text="\${COMP_LINE:0:$COMP_POINT}"
  read -r -a words <<< "$text"
  [[ "$text" == *[[:space:]] ]] && words+=("")
  local current="\${words[\${#words[@]}-1]}"
  while IFS=$'\\t' read -r line _; do
    case "$line" in
      :files | :folders)
        compopt -o filenames 2>/dev/null
        local kind=-d
        [[ "$line" == :files ]] && kind=-f
        while IFS= read -r path; do candidates+=("$path"); done < <(compgen "$kind" -- "\${current#*=}")
        ;;
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
      :files) _files ;;
      :folders) _files -/ ;;
      *=) nospace+=("\${value//:/\\\\:}:$summary") ;;
      *) plain+=("\${value//:/\\\\:}:$summary") ;;
    esac
  done < <(mlstack complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)
  (( $#plain )) && _describe 'mlstack' plain
  (( $#nospace )) && _describe 'mlstack' nospace -S ''
}
if (( $+functions[compdef] )); then compdef _mlstack mlstack; else autoload -Uz compinit && compinit && compdef _mlstack mlstack; fi
`,
  fish: `function __mlstack_complete
  set -l words (commandline -opc) (commandline -ct)
  for line in (mlstack complete -- $words[2..-1] 2>/dev/null)
    switch $line
      case ':files*'
        __fish_complete_path (commandline -ct)
      case ':folders*'
        __fish_complete_directories (commandline -ct)
      case '*'
        echo $line
    end
  end
end
complete -c mlstack -f -a '(__mlstack_complete)'
`,
};
