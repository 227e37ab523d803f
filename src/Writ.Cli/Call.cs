using System.CommandLine;
using System.Text.Json.Nodes;
using Writ.Cli.Printing;
using Writ.Cli.Profiles;
using Writ.Client;

namespace Writ.Cli;

/// <summary>One command as it runs: what was typed, where to print, and the broker.</summary>
internal sealed class Call(ParseResult parsed, Surroundings outside, Printer print, CancellationToken cancel)
    : IDisposable
{
    private Places? _places; // of the registered resources, once somebody wanted them
    private Session? _session; // opened by the first that needs it; disposed with the call

    public Surroundings Outside => outside;

    public Printer Print => print;

    public CancellationToken Cancel => cancel;

    public ParseResult Parsed => parsed;

    public WritHome Home => WritHome.Of(outside);

    /// <summary>Who we are at which broker.</summary>
    public Session Session => _session ??= Session.Open(Home, outside, ApprovalPatience, cancel);

    /// <summary>How long to wait for somebody who has to approve what is asked: as long as requests wait.</summary>
    public TimeSpan ApprovalPatience => parsed.GetValue(Verbs.NoWait) ? TimeSpan.Zero : TimeSpan.FromHours(1);

    /// <summary>Whether an identity asks, which may do less than a person; false while nobody is known.</summary>
    public bool IsIdentity => Somebody is { IsOperator: false };

    /// <summary>What the broker said, with what we know of it here.</summary>
    public string Explain(WritException e)
    {
        if (e.Code != "assertion_invalid" || Somebody is not { } who)
            return e.Message;
        var name = Cell.Short(who.ClientId);
        var mend = who.IsOperator ? "writ operator enrol, then writ login" : $"writ identity show {name}";
        return $"The key in {who.KeyFile} is not registered for {name}, or has ended: {mend}";
    }

    private Profile? Somebody
    {
        get
        {
            try
            {
                return _session?.Profile ?? Session.Choose(Home, outside, cancel);
            }
            catch (Exception e) when (e is UsageException or UnableException or WritException)
            {
                return null;
            }
        }
    }

    public T Get<T>(Argument<T> argument) => parsed.GetRequiredValue(argument);

    public T? Get<T>(Option<T> option) => parsed.GetValue(option);

    /// <summary>An argument as a part of a path.</summary>
    public string Escaped(Argument<string> argument) => Uri.EscapeDataString(Get(argument));

    /// <summary>Sends one management call; where somebody has to approve it first, waits for that.</summary>
    /// <returns>Its answer; an empty object when it has no body.</returns>
    public async Task<JsonObject> SendAsync(HttpMethod method, string path, JsonNode? body = null)
    {
        var answer = method == HttpMethod.Get
            ? await Session.Client.Management.SendAsync(method, path, body, cancel)
            : await Session.Client.ActAsync(method, path, body, parsed.GetValue(Verbs.Approval), cancel);
        return answer is { } given ? JsonObject.Create(given)! : [];
    }

    /// <summary>The items of a list, page by page. Where there are more of them than are wanted, it is said.</summary>
    /// <param name="path">Path and query.</param>
    /// <param name="limit">How many at the most.</param>
    public async Task<JsonArray> ListAsync(string path, int limit)
    {
        if (limit < 1)
            throw new UsageException("--limit is at least 1.");
        var items = await PagesAsync(path, Math.Min(limit, int.MaxValue - 1) + 1);
        if (items.Count > limit)
        {
            items.RemoveAt(limit);
            await outside.Error.WriteLineAsync($"writ: {limit} of more; to see them: --limit N");
        }

        return items;
    }

    private async Task<JsonArray> PagesAsync(string path, int most)
    {
        const int pageSize = 500;
        var items = new JsonArray();
        string? after = null;
        do
        {
            var page = $"{path}{(path.Contains('?') ? '&' : '?')}limit={Math.Min(pageSize, most - items.Count)}";
            var answer = await SendAsync(
                HttpMethod.Get, after is null ? page : $"{page}&after={Uri.EscapeDataString(after)}");
            foreach (var item in answer["items"]?.AsArray() ?? [])
                items.Add(item?.DeepClone());
            after = (string?)answer["next"];
        }
        while (after is not null && items.Count < most);
        return items;
    }

    /// <summary>An answer as people wrote it: resources by their names, where whoever asks may read them.</summary>
    public async Task<T> NamedAsync<T>(T answer)
        where T : JsonNode
    {
        if (print.Format != OutputFormat.Table || IsIdentity || !Places.AreIn(answer))
            return answer;
        try
        {
            _places ??= new Places(Session.Profile.Addr, await PagesAsync("/v1/resources", int.MaxValue));
            _places.Name(answer);
        }
        catch (WritException)
        {
            // It is shown with addresses, then.
        }

        return answer;
    }

    /// <summary>Asks a person; without one at the keyboard, or without a yes, nothing is done.</summary>
    public async Task ConfirmAsync(string question, bool isGiven)
    {
        if (isGiven)
            return;
        if (!outside.IsInteractive)
            throw new UsageException($"{question} Say --yes.");
        await outside.Error.WriteAsync($"{question} [y/N] ");
        if (await outside.In.ReadLineAsync(cancel) is not ("y" or "Y" or "yes"))
            throw new UnableException("Nothing was done.");
    }

    /// <summary>A token or code: from a file, or (-) from standard input; asked for where a person sits.</summary>
    public async Task<string> SecretAsync(string file, string name)
    {
        if (file is "-" && outside.IsInteractive)
            await outside.Error.WriteAsync($"{name}: ");
        var text = file is "-"
            ? await outside.In.ReadLineAsync(cancel)
            : await File.ReadAllTextAsync(Path.GetFullPath(file, outside.Folder), cancel);
        return text?.Trim() is { Length: > 0 } secret
            ? secret
            : throw new UnableException($"{name} is missing: {(file is "-" ? "standard input" : file)} is empty.");
    }

    /// <summary>The SPIFFE id of a name in our own trust domain.</summary>
    public string FullName(string name) => Session.FullName(name);

    public void Dispose() => _session?.Dispose();
}
