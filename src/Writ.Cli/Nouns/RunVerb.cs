using System.Collections;
using System.Collections.Immutable;
using System.CommandLine;
using Writ.Cli.Profiles;
using Writ.Client;

namespace Writ.Cli.Nouns;

/// <summary><c>writ run</c>: a command as one task; it gets an endpoint to ask, and no credential.</summary>
internal static class RunVerb
{
    /// <summary>Its name: signals are the child's here, so the command line library must leave them alone.</summary>
    public const string Name = "run";

    public static Command Create(Verbs verbs)
    {
        var purpose = new Option<string>("--task")
        {
            Description = "Why, in a few words.",
            HelpName = "PURPOSE",
            Required = true,
        };
        var grants = new Option<string[]>("--grant")
        {
            Description = "What it may do, such as orders:read@orders; none: all of the workflow. Repeatable.",
            HelpName = "GRANT",
        };
        var workflow = new Option<string?>("--workflow") { Description = "By default the agent's only one." };
        var deadline = Field.Span("--deadline", "deadline_seconds", "How long it may take.", TimeSpan.FromSeconds(1));
        var command = new Argument<string[]>("command")
        {
            Description = "The program and its arguments, after --.",
            Arity = ArgumentArity.OneOrMore,
        };
        return verbs.Ending(Name, "Runs a command as one task; its credentials end with it.", async call =>
        {
            var profile = Session.Choose(call.Home, call.Outside, call.Cancel);
            using var key = AgentKey.Load(profile.KeyFile);
            return await WritRun.RunAsync(new RunOptions
            {
                Client = new WritClientOptions
                {
                    Issuer = profile.Addr,
                    ClientId = profile.ClientId,
                    Key = key,
                    Time = call.Outside.Time,
                    ApprovalPatience = call.ApprovalPatience,
                    WaitingForApproval = pending => Session.Tell(call.Outside, pending),
                },
                Task = new TaskRequest
                {
                    Purpose = call.Get(purpose)!,
                    Workflow = call.Get(workflow),
                    Grants = [.. call.Get(grants) ?? []],
                    Deadline = deadline.Read(call.Parsed) is { } span ? TimeSpan.FromSeconds((long)span) : null,
                },
                Program = call.Get(command)[0],
                Arguments = [.. call.Get(command).Skip(1)],
                Environment = OwnEnvironment(),
                SecretFiles = [profile.KeyFile, call.Home.ProfileFile, call.Home.KeyFile],
                Say = call.Outside.Error.WriteLine,
            }, call.Cancel);
        }, purpose, grants, workflow, deadline.Option, command);
    }

    private static ImmutableDictionary<string, string> OwnEnvironment() =>
        Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
            .ToImmutableDictionary(pair => (string)pair.Key, pair => (string?)pair.Value ?? "", StringComparer.Ordinal);
}
