using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using Writ.Cli.Apply;
using Writ.Cli.Dev;
using Writ.Cli.Doctor;
using Writ.Cli.Nouns;
using Writ.Cli.Printing;
using Writ.Cli.Witnesses;

namespace Writ.Cli;

/// <summary>The <c>writ</c> command: all its nouns, in the order of the help.</summary>
internal static class WritCommand
{
    private const string Description =
        """
        Writ gives every AI agent an identity of its own and trades it, task by task, for the narrowest
        credential that does the job, taken back when the job ends.  Begin with: writ dev

        Variables:
          WRIT_HOME        folder of your profile and key; ~/.config/writ by default
          WRIT_ADDR        the broker; by default the profile's, else http://127.0.0.1:8420
          WRIT_IDENTITY    whom to act as, instead of the profile's: agent/billing, or a SPIFFE id
          WRIT_KEY         the PEM file (0600) of its key
          WRIT_SERVER_EXE  writ-server, where it does not lie beside writ

        Exit codes:
          0  yes     1  an error; the broker was not asked, or could not answer
          2  usage   3  the broker said no     4  something differs
          130  Ctrl-C   (run: its command's)
        """;

    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, Surroundings outside)
    {
        var configuration = new InvocationConfiguration
        {
            Output = outside.Out,
            Error = outside.Error,
            EnableDefaultExceptionHandler = false,
        };
        var parsed = Create(outside).Parse(arguments);
        // Long enough for `dev` to end the processes that it began; `run` has its own way with signals.
        var isRun = parsed.CommandResult.Command.Name == RunVerb.Name;
        configuration.ProcessTerminationTimeout = isRun ? null : TimeSpan.FromSeconds(40);
        if (parsed.Action is HelpAction && parsed.UnmatchedTokens is [var stranger, ..])
        {
            // The help of what stands before it would look as if there were such a command.
            await outside.Error.WriteLineAsync(
                $"writ: there is no “{SafeText.Of($"{Path(parsed.CommandResult)}{stranger}")}”.");
            return ExitCode.Usage;
        }

        if (parsed.Action is not ParseErrorAction mistake)
            return await parsed.InvokeAsync(configuration);
        mistake.ShowHelp = false; // the sentence that says what is wrong would scroll away
        await parsed.InvokeAsync(configuration);
        return ExitCode.Usage;
    }

    private static string Path(CommandResult command) => command.Parent is CommandResult above
        ? $"{Path(above)}{command.Command.Name} "
        : "";

    public static RootCommand Create(Surroundings outside)
    {
        var verbs = new Verbs(outside);
        var root = new RootCommand(Description)
        {
            verbs.Output,
            Verbs.NoWait,
            Verbs.Approval,
            DevVerb.Create(verbs),
            ServerNoun.Create(verbs),
            LoginVerb.Create(verbs),
            RunVerb.Create(verbs),
            IdentityNoun.Create(verbs),
            ResourceNoun.Create(verbs),
            WorkflowNoun.Create(verbs),
            TaskNoun.Create(verbs),
            TokenNoun.Create(verbs),
            RequestNoun.Create(verbs),
            NoticeNoun.Create(verbs),
            FindingNoun.Create(verbs),
            OperatorNoun.Create(verbs),
            LockNoun.Create(verbs),
            AuditNoun.Create(verbs),
            WitnessNoun.Create(verbs),
            SigningKeyNoun.Create(verbs),
            ApplyVerb.Create(verbs),
            DoctorVerb.Create(verbs),
            PolicyNoun.Create(verbs),
            CompletionNoun.Create(verbs),
        };
        foreach (var help in root.Options.OfType<HelpOption>())
        {
            // Those of another system would be offered by completion.
            help.Aliases.Clear();
            help.Aliases.Add("-h");
        }

        return root;
    }
}
