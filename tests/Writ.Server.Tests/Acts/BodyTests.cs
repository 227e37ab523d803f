using System.Collections.Concurrent;
using Writ.Testing;

namespace Writ.Server.Tests;

/// <summary>A management call's body may hold a user's token: it never touches the disk (P6).</summary>
public sealed class BodyTests(SharedBrokers brokers) : IClassFixture<SharedBrokers>
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Large_body_is_not_written_to_a_file(bool chunked)
    {
        var broker = await brokers.OfAsync(Engine.Sqlite);
        var agent = await broker.Seed.IdentityAsync(Seed.Name("agent/caller"), []);
        var token = await agent.ManagementTokenAsync();
        var written = new ConcurrentQueue<string>();
        // Where and as what ASP.NET would put it.
        using var watcher = new FileSystemWatcher(Path.GetTempPath(), "ASPNETCORE_*");
        watcher.Created += (_, e) => written.Enqueue(e.FullPath);
        watcher.EnableRaisingEvents = true;
        var reached = Path.Combine(Path.GetTempPath(), $"ASPNETCORE_{Seed.Name("reached")}");

        agent.TakeNonce();
        var body = "{\"purpose\":\"" + new string('x', 200 * 1024) + "\"}";
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/tasks");
        request.Headers.Authorization = new("DPoP", token);
        request.Headers.Add("DPoP", agent.Proof("POST", "/v1/tasks", token));
        request.Headers.TransferEncodingChunked = chunked;
        request.Content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        var reply = await agent.SendAsync(request);

        Assert.Equal(400, reply.Status); // it was read to its end: there is no workflow
        await File.WriteAllTextAsync(reached, "");
        await Wait.UntilAsync(() => written.Contains(reached), "the watcher has caught up");
        File.Delete(reached);
        Assert.Equal([reached], written);
    }

    [Fact]
    public async Task Body_beyond_the_limit_is_refused()
    {
        var broker = await brokers.OfAsync(Engine.Sqlite);
        var agent = await broker.Seed.IdentityAsync(Seed.Name("agent/caller"), []);

        var reply = await agent.CallAsync(
            HttpMethod.Post, "/v1/tasks", "{\"purpose\":\"" + new string('x', 256 * 1024) + "\"}");

        Assert.Equal((413, "body_too_large"), (reply.Status, reply.Code));
    }
}
