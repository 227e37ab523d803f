namespace Writ.Server.Tests;

/// <summary>A management call's body may hold a user's token: it never touches the disk (P6).</summary>
public sealed class BodyTests(SharedBrokers brokers) : IClassFixture<SharedBrokers>
{
    // Where ASP.NET puts a body that outgrows memory; it fails when there is no such folder.
    static BodyTests() => Environment.SetEnvironmentVariable(
        "ASPNETCORE_TEMP", Path.Combine(Path.GetTempPath(), Seed.Name("nowhere")));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Large_body_is_not_written_to_a_file(bool chunked)
    {
        var broker = await brokers.OfAsync(Engine.Sqlite);
        var agent = await broker.Seed.IdentityAsync(Seed.Name("agent/caller"), []);
        var token = await agent.ManagementTokenAsync();
        agent.TakeNonce();
        var body = "{\"purpose\":\"" + new string('x', 200 * 1024) + "\"}";
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/tasks");
        request.Headers.Authorization = new("DPoP", token);
        request.Headers.Add("DPoP", agent.Proof("POST", "/v1/tasks", token));
        request.Headers.TransferEncodingChunked = chunked;
        request.Content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");

        var reply = await agent.SendAsync(request);

        Assert.Equal((400, "invalid_request"), (reply.Status, reply.Code)); // read to its end: there is no workflow
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
