namespace Runner.Cli.Completion;

/// <summary>
/// What makes a shell ask the program for what may come next. Options are offered only behind a dash, and where the program knows nothing, the shell
/// offers files. A node that does not answer makes no noise: there is then nothing to offer.
/// </summary>
internal static class CompletionScripts
{
    public const string Bash =
        """
        # bash completion for runner: source <(runner completion bash)
        _runner() {
            local cur=${COMP_WORDS[COMP_CWORD]} line="runner${COMP_LINE#"${COMP_WORDS[0]}"}" found
            local point=$((COMP_POINT - ${#COMP_WORDS[0]} + 6))
            COMPREPLY=()
            while IFS= read -r found; do
                [[ $found == -* && $cur != -* ]] && continue
                [[ $found == "$cur"* ]] && COMPREPLY+=("$found")
            done < <("$1" "[suggest:$point]" "$line" 2>/dev/null)
        }
        complete -o bashdefault -o default -F _runner runner ./runner
        """;

    public const string Zsh =
        """
        #compdef runner
        # zsh completion for runner: runner completion zsh > "${fpath[1]}/_runner", or source <(runner completion zsh)
        _runner() {
            local line="runner ${(j: :)${(@)words[2,CURRENT]}}"
            local -a found
            found=("${(@f)$(${words[1]} "[suggest:${#line}]" "$line" 2>/dev/null)}")
            [[ ${words[CURRENT]} == -* ]] || found=("${(@)found:#-*}")
            found=("${(@)found:#}")
            if (( ${#found} )); then
                compadd -- "${found[@]}"
            else
                _files
            fi
        }
        if [[ ${funcstack[1]} == _runner ]]; then
            _runner "$@"
        else
            compdef _runner runner
        fi
        """;

    public const string Fish =
        """
        # fish completion for runner: runner completion fish | source
        function __runner_complete
            set -l words (commandline -opc)
            set -l word (commandline -ct)
            set -l line (string join ' ' -- runner $words[2..-1] "$word")
            set -l found ($words[1] "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null)
            if not string match -q -- '-*' "$word"
                set found (string match -v -- '-*' $found)
            end
            if test (count $found) -gt 0
                printf '%s\n' $found
            else
                __fish_complete_path "$word"
            end
        end
        complete -c runner -f -a '(__runner_complete)'
        """;
}
