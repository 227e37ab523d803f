using System.Text.Json;

namespace Writ.Server.Tests.Governance;

/// <summary>The served OpenAPI document against the table of endpoints: neither says more than the other.</summary>
public sealed class OpenApiTests(SharedBrokers brokers) : IClassFixture<SharedBrokers>
{
    private static readonly string[] Methods = ["get", "post", "patch", "put", "delete"];

    [Fact]
    public async Task Every_endpoint_is_described_and_every_description_is_served()
    {
        var broker = await brokers.OfAsync(Engine.Sqlite);
        var document = await DocumentAsync(broker);

        var described = document.GetProperty("paths").EnumerateObject()
            .SelectMany(path => path.Value.EnumerateObject().Select(m => $"{m.Name.ToUpperInvariant()} {path.Name}"));
        var served = Routes.Table(broker.Wiring)
            .Select(r => $"{r.Method} {r.Path.Replace("{+", "{", StringComparison.Ordinal)}");

        Assert.Equal(served.Order(StringComparer.Ordinal), described.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Every_description_says_what_it_does_and_who_may_and_has_an_id_of_its_own()
    {
        var broker = await brokers.OfAsync(Engine.Sqlite);
        var operations = (await DocumentAsync(broker)).GetProperty("paths").EnumerateObject()
            .SelectMany(path => path.Value.EnumerateObject()).Select(m => m.Value).ToList();

        Assert.All(operations, o => Assert.NotEqual("", o.GetProperty("summary").GetString()));
        Assert.All(operations, o => Assert.True(o.TryGetProperty("security", out _)));
        var ids = operations.Select(o => o.GetProperty("operationId").GetString()).ToList();
        Assert.Equal(ids.Count, ids.Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public async Task Every_reference_leads_somewhere_and_every_body_is_closed()
    {
        var broker = await brokers.OfAsync(Engine.Sqlite);
        var document = await DocumentAsync(broker);
        var schemas = document.GetProperty("components").GetProperty("schemas");

        foreach (var route in Routes.Table(broker.Wiring).Where(r => r.Body is not null))
        {
            var schema = schemas.GetProperty(route.Body!.Name);
            // An unknown member is refused, not skipped: the document says so.
            Assert.False(schema.GetProperty("additionalProperties").GetBoolean());
            var members = schema.GetProperty("properties").EnumerateObject().Select(p => p.Name);
            Assert.Equal(route.Body.GetProperties().Length, members.Count());
        }
        Assert.DoesNotContain("#/components/schemas/null", document.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Endpoint_that_reads_a_body_says_so()
    {
        var broker = await brokers.OfAsync(Engine.Sqlite);

        var silent = Routes.Table(broker.Wiring)
            .Where(r => r.Method is "POST" or "PATCH" && r.Body is null && r.Form.Count == 0).Select(r => r.Path);

        Assert.Equal(["/v1/tasks/{id}/heartbeat"], silent);
        Assert.All(Routes.Table(broker.Wiring), r => Assert.Contains(r.Method.ToLowerInvariant(), Methods));
    }

    private static async Task<JsonElement> DocumentAsync(TestBroker broker) =>
        JsonElement.Parse(await broker.Http.GetStringAsync("/openapi/v1.json"));
}
