using System.CommandLine;

namespace Writ.Cli.Nouns;

/// <summary><c>writ completion</c>: scripts that ask the command itself what could come next.</summary>
internal static class CompletionNoun
{
    private const string Bash =
        """
        # writ completion bash > /etc/bash_completion.d/writ
        _writ() {
          local IFS=$'\n'
          local answers=$("${COMP_WORDS[0]}" "[suggest:$COMP_POINT]" "$COMP_LINE" 2>/dev/null)
          COMPREPLY=($(compgen -W "$answers" -- "${COMP_WORDS[COMP_CWORD]}"))
        }
        complete -o default -F _writ writ
        """;

    private const string Zsh =
        """
        #compdef writ
        # writ completion zsh > "${fpath[1]}/_writ"
        _writ() {
          local -a answers
          answers=("${(@f)$("${words[1]}" "[suggest:$CURSOR]" "$BUFFER" 2>/dev/null)}")
          compadd -a answers
        }
        compdef _writ writ
        """;

    private const string Fish =
        """
        # writ completion fish > ~/.config/fish/completions/writ.fish
        function __writ_complete
          set -l line (commandline -cp)
          writ "[suggest:"(string length -- $line)"]" $line 2>/dev/null
        end
        complete -c writ -a '(__writ_complete)'
        """;

    public static Command Create(Verbs verbs) => new("completion", "Scripts that complete the command in a shell.")
    {
        Of(verbs, "bash", Bash),
        Of(verbs, "zsh", Zsh),
        Of(verbs, "fish", Fish),
    };

    private static Command Of(Verbs verbs, string shell, string script) =>
        verbs.Of(shell, $"Prints the script for {shell}.", call => call.Outside.Out.WriteLineAsync(script));
}
