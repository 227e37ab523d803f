using System.CommandLine;
using Writ.Cli.Policies.Reports;

namespace Writ.Cli.Policies;

/// <summary>Options that several policy verbs have, under the names that OPA gives them.</summary>
internal static class Flags
{
    public static Option<string[]> Paths(string name, string alias, string description) =>
        new(name, alias) { Description = description + " Repeatable.", HelpName = "PATH" };

    public static Option<string[]> Ignore() => new("--ignore")
    {
        Description = "Names of files and folders to leave out, as '.*'. Repeatable.",
        HelpName = "PATTERN",
    };

    /// <summary>What follows it is never its value: <c>--strict true</c> evaluates <c>true</c>.</summary>
    public static Option<bool> Switch(string name, string description) =>
        new(name) { Description = description, Arity = ArgumentArity.Zero };

    public static Option<bool> Switch(string name, string alias, string description) =>
        new(name, alias) { Description = description, Arity = ArgumentArity.Zero };

    public static Option<string> Format(params string[] formats)
    {
        var option = OneOf("--format", "How to write the answer.", formats);
        option.Aliases.Add("-f");
        return option;
    }

    /// <summary>One of some words; the first is the default.</summary>
    public static Option<string> OneOf(string name, string description, params string[] words)
    {
        var option = new Option<string>(name)
        {
            Description = description,
            HelpName = string.Join('|', words),
            DefaultValueFactory = _ => words[0],
        };
        option.AcceptOnlyFromAmong(words);
        return option;
    }

    public static Option<TimeSpan?> Span(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "500ms|10s|1m30s",
        CustomParser = result =>
        {
            var text = result.Tokens[0].Value;
            if (GoDuration.TryParse(text) is { } span)
                return span;
            result.AddError($"“{text}” is no span of time: write 500ms, 10s or 1m30s.");
            return null;
        },
    };
}
