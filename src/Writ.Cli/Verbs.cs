using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Writ.Cli.Printing;
using Writ.Client;

namespace Writ.Cli;

/// <summary>Makes verbs: what all of them have in common is here, above all how they end.</summary>
internal sealed class Verbs(Surroundings outside)
{
    private static readonly JsonSerializerOptions Relaxed =
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>How answers are written; every verb has it.</summary>
    public Option<string> Output { get; } = FormatOption();

    /// <summary>A verb that ends with 0 unless it throws.</summary>
    public Command Of(string name, string description, Func<Call, Task> act, params IEnumerable<Symbol> symbols) =>
        Ending(name, description, async call =>
        {
            await act(call);
            return ExitCode.Yes;
        }, symbols);

    /// <summary>A verb that says itself how it ended.</summary>
    public Command Ending(
        string name, string description, Func<Call, Task<int>> act, params IEnumerable<Symbol> symbols)
    {
        var command = new Command(name, description);
        if (name is "list" or "ls")
            command.Aliases.Add(name is "list" ? "ls" : "list"); // whichever the fingers know
        foreach (var symbol in symbols)
        {
            if (symbol is Option option)
                command.Add(option);
            else
                command.Add((Argument)symbol);
        }

        command.SetAction((parsed, cancel) => RunAsync(parsed, act, cancel));
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, Func<Call, Task<int>> act, CancellationToken cancel)
    {
        var format = Enum.Parse<OutputFormat>(parsed.GetValue(Output)!, ignoreCase: true);
        using var call = new Call(parsed, outside, new Printer(outside.Out, format, outside.IsTerminal), cancel);
        try
        {
            return await act(call);
        }
        catch (WritException e)
        {
            await SayAsync(format, e.Message, e.Code, e.DecisionId);
            return IsRefusal(e) ? ExitCode.Refused : ExitCode.Error;
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            return ExitCode.Interrupted;
        }
        catch (Exception e) when (e is UsageException or IOException or UnauthorizedAccessException)
        {
            await SayAsync(format, e.Message, "error", decision: null);
            return ExitCode.Error;
        }
    }

    // A decision stands behind it, and it is no. What is missing or exists already is an error, not a verdict.
    private static bool IsRefusal(WritException e) =>
        e.Status == 403 || (e.IsRefusal && e.DecisionId is not null && e.Code is not ("not_found" or "conflict"));

    private async Task SayAsync(OutputFormat format, string message, string code, string? decision)
    {
        if (format == OutputFormat.Json)
        {
            var problem = new JsonObject { ["code"] = code, ["message"] = message };
            if (decision is not null)
                problem["decision_id"] = decision;
            await outside.Error.WriteLineAsync(problem.ToJsonString(Relaxed));
            return;
        }

        await outside.Error.WriteLineAsync($"writ: {SafeText.Lines(message)}");
        if (decision is not null)
        {
            var id = SafeText.Of(decision);
            await outside.Error.WriteLineAsync($"      The record of it: writ audit list --decision {id}");
        }
    }

    private static Option<string> FormatOption()
    {
        var format = new Option<string>("--output", "-o")
        {
            Description = "How to write the answer.",
            HelpName = "table|json|yaml",
            Recursive = true,
            DefaultValueFactory = _ => "table",
        };
        format.AcceptOnlyFromAmong("table", "json", "yaml");
        return format;
    }
}
