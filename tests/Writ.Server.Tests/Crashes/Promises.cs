using System.Collections.Concurrent;
using System.Text.Json;
using Writ.Protocol;
using Writ.Server.Storage;

namespace Writ.Server.Tests;

/// <summary>
/// Load from several clients, and the memory of all that the broker promised them: tokens that they hold, ends that it
/// acknowledged, requests that it answered. Held against the store and the broker that came back (P7).
/// </summary>
public sealed class Promises(TestStore store, TestWorld world, IReadOnlyList<TaskRow> tasks)
{
    private readonly ConcurrentQueue<TaskRow> _fresh = new(tasks);
    private readonly ConcurrentQueue<Held> _held = new();
    private readonly ConcurrentDictionary<string, byte> _ended = new();
    private HashSet<string> _recorded = new(StringComparer.Ordinal);
    private long _next; // of the records that were read

    public int Tokens => _held.Count;

    public int Ends => _ended.Count;

    /// <summary>Seeds a store with one agent and many open tasks; the process that is crashed comes later.</summary>
    public static async Task<Promises> MakeAsync(TestStore store, int tasks)
    {
        await using var broker = await TestBroker.StartAsync(store, TimeProvider.System);
        var world = await broker.Seed.WorldAsync();
        var open = new List<TaskRow>();
        for (var i = 0; i < tasks; i++)
            open.Add(await world.TaskAsync(t => t with { Deadline = broker.Now.AddHours(8).ToMicros() }));
        return new Promises(store, world, open);
    }

    /// <summary>Asks for tokens and ends tasks until told to stop or the broker is gone. Only a 200 promises.</summary>
    public async Task WorkAsync(BrokerTarget target, CancellationToken stop)
    {
        var agent = world.Agent.At(target);
        try
        {
            for (var n = 0; !stop.IsCancellationRequested && _fresh.TryDequeue(out var task); n++)
            {
                await AskAsync(agent, task.Id);
                await AskAsync(agent, task.Id);
                if (n % 2 == 0 && (await agent.PostAsync($"/v1/tasks/{task.Id}/end", new { })).Status == 200)
                    _ended[task.Id] = 0;
            }
        }
        catch (Exception e) when (e is HttpRequestException or InvalidOperationException or TaskCanceledException)
        {
            // Killed while we were asking: what we did not hear, was not promised.
        }
    }

    /// <summary>Asks once, and remembers what came of it.</summary>
    public async Task<Reply> AskAsync(TestCaller agent, string task)
    {
        var reply = new Reply(0, "", null!, null);
        for (var attempt = 0; attempt < 2; attempt++)
        {
            var form = agent.Form(("task", task), ("scope", world.Grant()));
            var proof = agent.Proof("POST", "/oauth/token");
            reply = await SendAsync(agent, form, proof);
            if (reply.Status == 200)
                _held.Enqueue(new Held(reply.AccessToken, JtiOf(reply.AccessToken), task, form, proof));
            if (reply.Error != "use_dpop_nonce") break;
        }
        return reply;
    }

    public TestCaller Agent(BrokerTarget target) => world.Agent.At(target);

    /// <summary>An open task that nobody has used; kept for the next one who asks.</summary>
    public string FreshTask() =>
        _fresh.TryPeek(out var task) ? task.Id : throw new InvalidOperationException("Too few tasks.");

    /// <summary>Every token held has its record; every acknowledged end holds; the last requests are replays. In the
    /// end, or now and then, the log is read from its beginning; otherwise from where it was read to.</summary>
    public async Task HoldAsync(BrokerTarget target, bool whole = true)
    {
        if (whole) (_recorded, _next) = (new HashSet<string>(StringComparer.Ordinal), 0);
        await ReadLogAsync();
        await AllEndedAsync();
        var agent = world.Agent.At(target);
        foreach (var held in _held) Assert.Contains(held.Jti, _recorded);
        foreach (var held in _held.Where(h => _ended.ContainsKey(h.Task)).TakeLast(10))
            Assert.False(await IsActiveAsync(agent, held));
        foreach (var held in _held.TakeLast(5))
        {
            var again = await UntilServedAsync(() => SendAsync(agent, held.Form, held.Proof));
            Assert.True(again.Status is 400 or 401, $"A replay was answered {again}");
        }
    }

    /// <summary>The log is dense: no index is missing, none is double.</summary>
    private async Task ReadLogAsync()
    {
        await using var database = store.Open(TimeProvider.System);
        var records = new RecordStore(database);
        while (await records.FromAsync(_next, 5000) is { Count: > 0 } rows)
            foreach (var row in rows)
            {
                Assert.Equal(_next++, row.Idx);
                var json = JsonElement.Parse(row.Body);
                if (json.TryGetProperty("jti", out var jti)) _recorded.Add(jti.GetString()!);
            }
        Assert.True(await records.HeadAsync() >= _next); // the broker may have written on meanwhile
    }

    private async Task AllEndedAsync()
    {
        await using var database = store.Open(TimeProvider.System);
        var completed = await database.QueryAsync<string>(
            "SELECT id FROM task WHERE status = @status", new { status = TaskStatusName.Completed });
        Assert.Empty(_ended.Keys.Except(completed, StringComparer.Ordinal));
    }

    private static async Task<bool> IsActiveAsync(TestCaller agent, Held held)
    {
        var reply = await UntilServedAsync(
            () => agent.PostFormAsync("/oauth/introspect", ("grant_type", ""), ("token", held.Token)));
        Assert.True(reply.Status == 200, reply.ToString());
        return reply.Json.GetProperty("active").GetBoolean();
    }

    /// <summary>A broker on a busy machine may lose sight of its store for a moment, and says so.</summary>
    private static async Task<Reply> UntilServedAsync(Func<Task<Reply>> send)
    {
        for (var attempt = 1; ; attempt++)
        {
            var reply = await send();
            if (reply.Status != 503 || attempt == 50) return reply;
            await Task.Delay(TimeSpan.FromMilliseconds(200));
        }
    }

    private static Task<Reply> SendAsync(TestCaller agent, List<KeyValuePair<string, string>> form, string proof)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/oauth/token")
        {
            Content = new FormUrlEncodedContent(form),
        };
        request.Headers.Add("DPoP", proof);
        return agent.SendAsync(request);
    }

    private static string JtiOf(string token) =>
        Jws.TryRead(token, JwsLimits.Default, out var jws, out _)
        && AccessTokenClaims.TryParseUnverified(jws, out var claims, out _)
            ? claims.Jti
            : throw new InvalidOperationException("Not a token.");

    private sealed record Held(
        string Token, string Jti, string Task, List<KeyValuePair<string, string>> Form, string Proof);
}
