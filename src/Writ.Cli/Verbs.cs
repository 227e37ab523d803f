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

    /// <summary>What else waits for a person's yes; every verb has it.</summary>
    public static Option<bool> NoWait { get; } = new("--no-wait")
    {
        Description = "Do not wait where somebody has to approve it first.",
        Recursive = true,
    };

    /// <summary>A yes that somebody gave to just this before; every verb has it.</summary>
    public static Option<string?> Approval { get; } = new("--approval")
    {
        Description = "An approval of just this, which somebody gave before.",
        HelpName = "ID",
        Recursive = true,
    };

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
            await SayAsync(call, call.Explain(e), e.Code, e.DecisionId);
            return e.IsRefusal ? ExitCode.Refused : ExitCode.Error;
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            return ExitCode.Interrupted;
        }
        catch (UsageException e)
        {
            await SayAsync(call, e.Message, "usage", decision: null);
            return ExitCode.Usage;
        }
        catch (Exception e) when (e is UnableException or IOException or UnauthorizedAccessException)
        {
            await SayAsync(call, e.Message, "error", decision: null);
            return ExitCode.Error;
        }
    }

    private async Task SayAsync(Call call, string message, string code, string? decision)
    {
        if (call.Print.Format == OutputFormat.Json)
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
            // Only operators read the log.
            await outside.Error.WriteLineAsync(call.IsIdentity
                ? $"      Tell an operator the decision's id: {id}"
                : $"      The record of it: writ audit list --decision {id}");
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
