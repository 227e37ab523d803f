using System.Buffers.Text;
using System.Net.Http.Headers;
using System.Text.Json;
using Writ.Server.Tests.Sdk;
using Writ.Testing;

namespace Writ.Server.Tests;

/// <summary>What readers of the revocation feed hear, and when they hear no more.</summary>
public sealed class FeedTests
{
    [Theory]
    [InlineData(Engine.Sqlite, "revoke")]
    [InlineData(Engine.Sqlite, "suspend")]
    [InlineData(Engine.Postgres, "revoke")]
    [InlineData(Engine.Postgres, "suspend")]
    public async Task Feed_ends_with_its_readers_token(Engine engine, string how)
    {
        await using var broker = await TestBroker.StartAsync(engine, TimeProvider.System, SdkApi.Patient);
        var owner = await broker.Seed.OperatorAsync("owner");
        var reader = await ReaderAsync(broker);
        using var feed = await OpenAsync(broker, reader);
        await NextAsync(feed, "heartbeat");

        var ended = how == "suspend"
            ? await owner.PostAsync($"/v1/identities/{Staff.PathOf(reader)}/suspend", new { })
            : await reader.PostFormAsync(
                "/oauth/revoke", ("grant_type", ""), ("token", await reader.ManagementTokenAsync()));

        Assert.Equal(200, ended.Status);
        var rest = feed.ReadToEndAsync();
        await Wait.UntilAsync(() => rest.IsCompleted, "the stream ends");
    }

    // 256 characters of a person's choosing, for each of the task's children, to every verifier.
    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Feed_carries_codes_and_no_words_of_callers(Engine engine)
    {
        await using var broker = await TestBroker.StartAsync(engine, TimeProvider.System, SdkApi.Patient);
        var staff = await Staff.HireAsync(broker);
        var world = await broker.Seed.WorldAsync();
        var (ended, locked) = (await world.TaskAsync(), await world.TaskAsync());
        var child = await world.TaskAsync(t => t with { Parent = ended.Id, Ancestors = ended.Id });
        using var feed = await OpenAsync(broker, await ReaderAsync(broker));
        const string words = "Words of a caller";

        await world.Agent.PostAsync($"/v1/tasks/{ended.Id}/end", new { status = "cancelled", reason = words });
        await staff.Operator.PostAsync("/v1/locks", new { task = locked.Id, reason = words });
        await staff.Operator.PostAsync($"/v1/identities/{Staff.PathOf(world.Other)}/suspend", new { reason = words });
        await staff.Operator.PostAsync("/v1/locks", new { identity = world.Agent.Id, reason = words });

        var reasons = new Dictionary<string, string>(StringComparer.Ordinal);
        while (!reasons.ContainsKey(world.Agent.Id))
        {
            var entry = (await NextAsync(feed, "revoked")).GetProperty("entry");
            reasons[entry.GetProperty("value").GetString()!] = entry.GetProperty("reason").GetString()!;
        }
        Assert.Equal("task_cancelled", reasons[ended.Id]);
        Assert.False(reasons.ContainsKey(child.Id)); // its tokens bear the task above them, whose end is one word
        Assert.Equal("task_cancelled", reasons[locked.Id]);
        Assert.Equal("suspended", reasons[world.Other.Id]);
        Assert.Equal("locked", reasons[world.Agent.Id]);
        Assert.Equal(words, (await broker.Wiring.Tasks.FindAsync(ended.Id))!.EndReason);
    }

    private static Task<TestCaller> ReaderAsync(TestBroker broker) => broker.Seed.IdentityAsync(
        Seed.Name("workload/api"), [], row => row with { Kind = "workload" });

    private static async Task<StreamReader> OpenAsync(TestBroker broker, TestCaller reader)
    {
        const string path = "/v1/revocations/feed";
        var token = await reader.ManagementTokenAsync();
        reader.TakeNonce();
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Authorization = new AuthenticationHeaderValue("DPoP", token);
        request.Headers.Add("DPoP", reader.Proof("GET", path, token));
        var response = await broker.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(200, (int)response.StatusCode);
        return new StreamReader(await response.Content.ReadAsStreamAsync());
    }

    /// <summary>The payload of the next message of that kind.</summary>
    private static async Task<JsonElement> NextAsync(StreamReader feed, string kind)
    {
        var isWanted = false;
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (await feed.ReadLineAsync(limit.Token) is { } line)
        {
            if (line.StartsWith("event: ", StringComparison.Ordinal)) isWanted = line == $"event: {kind}";
            else if (isWanted && line.StartsWith("data: ", StringComparison.Ordinal))
                return JsonElement.Parse(Base64Url.DecodeFromChars(line.Split('.')[1]));
        }
        throw new InvalidOperationException("The stream ended.");
    }
}
