using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

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
            // An unknown member is refused, not skipped, but where a specification wants it so: the document says it.
            var isOpen = route.Body.GetCustomAttributes(typeof(JsonUnmappedMemberHandlingAttribute), false).Length > 0;
            Assert.Equal(
                isOpen, !schema.TryGetProperty("additionalProperties", out var more) || more.GetBoolean());
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

    [Fact]
    public async Task Every_operation_keeps_what_its_description_says_of_callers_and_bodies()
    {
        await using var broker = await TestBroker.StartAsync(Engine.Sqlite);
        var owner = (await Staff.HireAsync(broker)).Owner;
        var targets = new AccessTargets(broker, await broker.Seed.WorldAsync());
        var paths = (await DocumentAsync(broker)).GetProperty("paths");
        foreach (var route in Routes.Table(broker.Wiring))
        {
            var operation = paths.GetProperty(route.Path.Replace("{+", "{", StringComparison.Ordinal))
                .GetProperty(route.Method.ToLowerInvariant());
            var (path, _) = await targets.OfAsync($"{route.Method} {route.Path}", owner);
            if (path is "/metrics") path = broker.ManagementOrigin + path; // for operators: not where all others are
            var what = $"{route.Method} {route.Path}";
            var open = operation.GetProperty("security").GetArrayLength() == 0;
            var media = operation.TryGetProperty("requestBody", out var body)
                ? body.GetProperty("content").EnumerateObject().Single().Name
                : null;

            // Who is nobody is refused, where the description asks for somebody; and is told in the form it describes.
            var stranger = await SendAsync(broker, route.Method, path, media, media is null ? null : Empty(media));
            Assert.True(open || stranger.Status is 400 or 401, $"{what}: {stranger}");
            Assert.True(open || stranger.Code is not null || stranger.Error is not null, $"{what}: {stranger}");
            if (!open && media is not "application/x-www-form-urlencoded")
                Assert.Equal(401, stranger.Status);

            // Another method than those described is answered with those that are.
            var put = await SendAsync(broker, "PUT", path, null, null);
            Assert.True(put.Status == 405, $"PUT {route.Path}: {put}");

            if (media is "application/json" && !open)
            {
                // The body is what the schema says, and nothing besides.
                var unknown = await owner.CallAsync(new HttpMethod(route.Method), path, """{"no_such_member":1}""");
                Assert.True(unknown.Status == 400, $"{what}: {unknown}");
            }
            else if (media is not null)
            {
                var other = await SendAsync(broker, route.Method, path, "text/plain", "x");
                Assert.True(other.Status == 415, $"{what}: {other}");
            }
        }
    }

    private static string Empty(string media) => media is "application/json" ? "{}" : "a=b";

    private static async Task<Reply> SendAsync(
        TestBroker broker, string method, string path, string? media, string? body)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, media!);
        using var response = await broker.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        return await Reply.OfAsync(response);
    }

    private static async Task<JsonElement> DocumentAsync(TestBroker broker) =>
        JsonElement.Parse(await broker.Http.GetStringAsync("/openapi/v1.json"));
}
