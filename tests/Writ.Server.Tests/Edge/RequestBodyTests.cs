using Microsoft.AspNetCore.Http;
using Writ.Server.Edge;
using Writ.Server.Governance;
using Writ.Server.Tokens;

namespace Writ.Server.Tests.Edge;

/// <summary>What keeps a body from being read has one name, whichever endpoint it was sent to.</summary>
public sealed class RequestBodyTests(SharedBrokers brokers) : IClassFixture<SharedBrokers>
{
    [Theory]
    [InlineData(StatusCodes.Status400BadRequest, "malformed_http")]
    [InlineData(StatusCodes.Status408RequestTimeout, "body_too_slow")]
    [InlineData(StatusCodes.Status413PayloadTooLarge, "body_too_large")]
    [InlineData(StatusCodes.Status415UnsupportedMediaType, "content_type")]
    public async Task Fault_has_one_code_for_json_and_forms(int status, string code)
    {
        var broker = await brokers.OfAsync(Engine.Sqlite);
        var refusals = new RefusalLog(broker.Wiring.Audit, broker.Wiring.Failures);

        var (value, json) = await JsonBody.ReadAsync<LockRequest>(Request(status, RequestBody.Json), 1024);
        var form = Request(status, RequestBody.Form);
        var (bytes, refusal) = await RequestBody.ReadAsync(form, RequestBody.Form);
        await refusals.BodyAsync(form, refusal);

        Assert.Null(value);
        Assert.Null(bytes);
        Assert.Equal((status, code), (json!.Status, json.Code));
        Assert.Equal((status, code), (form.Response.StatusCode, form.Features.Get<RefusalCode>()!.Code));
    }

    [Theory]
    [InlineData("/v1/identities", """{"name":"agent/n","kind":"agent","purpose":"x","keys":[null]}""")]
    [InlineData("/v1/identities", """{"name":"agent/n","kind":"agent","purpose":"x","entitlements":[null]}""")]
    [InlineData("/v1/identities", """{"name":"agent/n","kind":"agent","purpose":"x","labels":{"a":null}}""")]
    [InlineData("/v1/workflows", """{"name":"n","agents":[null],"authority":[]}""")]
    [InlineData("/v1/workflows", """{"name":"n","agents":["AGENT"],"starters":[null],"authority":[]}""")]
    [InlineData("/v1/workflows", """{"name":"n","agents":["AGENT"],"purposes":[null],"authority":[]}""")]
    [InlineData("/v1/workflows", """{"name":"n","agents":["AGENT"],"authority":[null]}""")]
    [InlineData("/v1/resources", """{"name":"n","uri":"https://n.example","actions":[null]}""")]
    [InlineData("/v1/tasks", """{"workflow":"n","purpose":"x","grants":[null]}""")]
    [InlineData("/v1/tasks", """{"workflow":"n","purpose":"x","authorization_details":[null]}""")]
    [InlineData("/v1/tasks", """{"workflow":"n","purpose":"x","on_behalf_of":{"token":null}}""")]
    public async Task Null_within_a_list_is_no_element(string path, string body)
    {
        var broker = await brokers.OfAsync(Engine.Sqlite);
        var staff = await Staff.HireAsync(broker);
        var world = await broker.Seed.WorldAsync();

        var reply = await staff.Owner.PostAsync(path, body.Replace("AGENT", world.Agent.Id, StringComparison.Ordinal));

        Assert.Equal((400, "invalid_request"), (reply.Status, reply.Code));
    }

    private static DefaultHttpContext Request(int status, string contentType)
    {
        var http = new DefaultHttpContext();
        http.Request.ContentType = status == StatusCodes.Status415UnsupportedMediaType ? "text/plain" : contentType;
        http.Request.Body = new BrokenBody(status);
        http.Response.Body = new MemoryStream();
        return http;
    }

    /// <summary>A body that the server gives up on, as Kestrel does: by an exception that says the status.</summary>
    private sealed class BrokenBody(int status) : MemoryStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            throw new BadHttpRequestException("says the test", status);
    }
}
