using System.CommandLine;
using System.Text.Json.Nodes;
using Spectre.Console;
using Writ.Cli.Printing;
using Writ.Cli.Profiles;

namespace Writ.Cli.Doctor;

/// <summary><c>writ doctor</c>: looks at everything that tends to go wrong, and says the mend.</summary>
internal static class DoctorVerb
{
    private static readonly (string Name, Func<Patient, Task<Verdict>> LookAsync)[] OfBroker =
    [
        ("clock", BrokerChecks.ClockAsync),
        ("store and parts", BrokerChecks.ReadyAsync),
        ("keys", BrokerChecks.KeysAsync),
        ("login and feed", BrokerChecks.FeedAsync),
    ];

    private static readonly (string Name, Func<Patient, Task<Verdict>> LookAsync)[] Here =
    [
        ("disk", LocalChecks.DiskAsync),
        ("listening", LocalChecks.ListeningAsync),
        ("files", LocalChecks.FilesAsync),
    ];

    public static Command Create(Verbs verbs)
    {
        var data = new Option<string?>("--data-dir")
        {
            Description = "The broker's data folder, when it runs on this machine; .writ if that is one.",
            HelpName = "DIR",
        };
        return verbs.Ending("doctor", "Checks clock, store, keys, feed, disk, addresses and files, and says the mend.",
            call => RunAsync(call, call.Get(data)), data);
    }

    private static async Task<int> RunAsync(Call call, string? data)
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
        var addr = Session.AddrOf(call.Home, call.Outside);
        if (!Uri.TryCreate(addr, UriKind.Absolute, out _))
            throw new UsageException($"{addr} is no address.");
        var patient = new Patient(call, addr, DataFolder(call, data), http);
        var results = new JsonArray();
        var isWell = true;
        await TellAsync("broker", BrokerChecks.ReachedAsync);
        // Of one that is not reached all that could be said has been said.
        foreach (var (name, lookAsync) in isWell ? [.. OfBroker, .. Here] : Here)
            await TellAsync(name, lookAsync);

        if (call.Print.Format != OutputFormat.Table)
            call.Print.Data(results);
        return isWell ? ExitCode.Yes : ExitCode.Error;

        async Task TellAsync(string name, Func<Patient, Task<Verdict>> lookAsync)
        {
            var verdict = await LookAsync(patient, lookAsync);
            isWell &= verdict is not Verdict.Wrong;
            results.Add(Document(name, verdict));
            if (call.Print.Format == OutputFormat.Table)
                call.Print.Render(new Markup(Line(name, verdict)));
        }
    }

    private static async Task<Verdict> LookAsync(Patient patient, Func<Patient, Task<Verdict>> look)
    {
        try
        {
            return await look(patient);
        }
        catch (TaskCanceledException) when (!patient.Call.Cancel.IsCancellationRequested)
        {
            return new Verdict.Wrong("no answer within 5 s", "An overloaded broker, or a firewall that drops?");
        }
        catch (Exception e) when (BrokerChecks.Failure(e) is not null)
        {
            return BrokerChecks.Failure(e)!;
        }
    }

    private static string? DataFolder(Call call, string? given)
    {
        var folder = Path.GetFullPath(given ?? ".writ", call.Outside.Folder);
        if (given is not null && !Directory.Exists(folder))
            throw new UnableException($"There is no folder {folder}.");
        return Directory.Exists(folder) ? folder : null;
    }

    private static JsonNode Document(string name, Verdict verdict)
    {
        var document = new JsonObject
        {
            ["check"] = name,
            ["verdict"] = verdict.GetType().Name.ToLowerInvariant(),
            ["found"] = verdict.Text,
        };
        if (verdict is Verdict.Wrong wrong)
            document["mend"] = wrong.Mend;
        return document;
    }

    private static string Line(string name, Verdict verdict)
    {
        var mark = verdict switch
        {
            Verdict.Fine => "[green]✓[/]",
            Verdict.Wrong => "[red]✗[/]",
            _ => "[dim]·[/]",
        };
        var line = $"{mark} [bold]{name,-16}[/]{Ink.Plain(verdict.Text)}";
        return verdict is Verdict.Wrong wrong ? $"{line}\n  {"",-16}[yellow]{Ink.Plain(wrong.Mend)}[/]" : line;
    }
}
