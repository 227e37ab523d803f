using System.Text.Json;

namespace Writ.Server.Tests.Access;

/// <summary>
/// The certification scenario of the AuthZEN working group: its fixture (1.1 to 1.5) as a policy, and its requests
/// (basic, batch, search), whose numbers stand at the cases.
/// </summary>
public sealed class CertificationTests(CertificationBroker shared) : IClassFixture<CertificationBroker>
{
    private const string One = """{"type":"record","id":"record-1"}""";
    private const string Archived = """{"type":"record","id":"record-2","properties":{"status":"archived"}}""";
    private const string Admin = """{"type":"user","id":"bob","properties":{"role":"admin"}}""";

    [Theory]
    [InlineData("alice", "read", null, true)] // 2.2.1
    [InlineData("alice", "write", null, true)]
    [InlineData("bob", "read", null, true)]
    [InlineData("bob", "write", null, false)] // 2.2.2
    [InlineData("alice", "write", "archived", false)] // 2.2.4
    [InlineData("admin", "write", "archived", true)] // 2.2.5
    [InlineData("alice", "delete soft", null, true)] // 2.2.6
    [InlineData("alice", "delete", null, false)] // 2.2.7
    public async Task Basic(string subject, string action, string? status, bool decision)
    {
        var who = subject == "admin" ? Admin : $$"""{"type":"user","id":"{{subject}}"}""";
        var what = action.Split(' ') is [var name, _]
            ? $$$"""{"name":"{{{name}}}","properties":{"soft":true}}"""
            : $$"""{"name":"{{action}}"}""";
        var where = status is null ? One : Archived;

        var reply = await shared.Api.PostAsync("/access/v1/evaluation", $$"""
            {"subject":{{who}},"action":{{what}},"resource":{{where}},
             "context":{"time":"2025-06-27T18:03-07:00"},"foo":"bar","futureField":{"nested": true} }
            """);

        Assert.Equal(decision, reply.Json.GetProperty("decision").GetBoolean());
    }

    [Theory]
    // 3.2.7: whole entities replace those that are shared, but for the names that they lack.
    [InlineData("""
        {"subject":{"type":"user","id":"alice"},"action":{"name":"write"},
         "resource":{"type":"record","properties":{"status":"archived"}},
         "evaluations":[
          {"resource":{"id":"record-1","properties":{"status":"active"}}},{"resource":{"id":"record-1"}},
          {"resource":{"type":"record","id":"record-2","properties":{"status":"archived"}}}]}
        """, new[] { true, true, false })]
    // 3.2.4
    [InlineData("""
        {"action":{"name":"write"},"resource":{"type":"record","id":"record-2","properties":{"status":"archived"}},
         "evaluations":[{"subject":{"type":"user","id":"alice"}},
          {"subject":{"type":"user","id":"bob","properties":{"role":"admin"}}}]}
        """, new[] { false, true })]
    // 3.4.1
    [InlineData("""
        {"subject":{"type":"user","id":"alice"},"action":{"name":"read"},
         "evaluations":[{"resource":{"type":"record","id":"record-1"}},{}]}
        """, new[] { true, false })]
    public async Task Batch(string request, bool[] decisions)
    {
        var reply = await shared.Api.PostAsync("/access/v1/evaluations", request);

        Assert.Equal(decisions, reply.Json.GetProperty("evaluations").EnumerateArray()
            .Select(e => e.GetProperty("decision").GetBoolean()));
    }

    [Theory]
    [InlineData("subject", """
        {"subject":{"type":"user"},"action":{"name":"read"},"resource":ONE}
        """, "alice bob")] // 4.2.1
    [InlineData("subject", """
        {"subject":{"type":"user"},"action":{"name":"write"},"resource":ARCHIVED}
        """, "bob")] // 4.2.4
    [InlineData("resource", """
        {"subject":{"type":"user","id":"alice"},"action":{"name":"read"},"resource":{"type":"record"}}
        """, "record-1 record-2")] // 4.3.1
    [InlineData("resource", """
        {"subject":ADMIN,"action":{"name":"write"},"resource":{"type":"record"}}
        """, "record-2")] // 4.3.3
    [InlineData("action", """{"subject":{"type":"user","id":"alice"},"resource":ONE}""", "read write")] // 4.4.1
    [InlineData("action", """{"subject":ADMIN,"resource":ARCHIVED}""", "read write")] // 4.4.3
    [InlineData("action", """{"subject":{"type":"user","id":"nonexistent-user"},"resource":ONE}""", "")] // 4.6.1
    [InlineData("subject", """{"subject":{"type":"spaceship"},"action":{"name":"read"},"resource":ONE}""", "")] // 4.6.2
    public async Task Search(string what, string request, string expected)
    {
        request = request.Replace("ONE", One, StringComparison.Ordinal)
            .Replace("ARCHIVED", Archived, StringComparison.Ordinal).Replace("ADMIN", Admin, StringComparison.Ordinal);

        var (listed, page) = (new List<string>(), """{"limit":1}""");
        for (var pages = 0; pages < 5; pages++)
        {
            var reply = await shared.Api.PostAsync(
                $"/access/v1/search/{what}", $$"""{"page":{{page}},{{request.Trim()[1..]}}""");
            Assert.True(reply.Status == 200, reply.ToString());
            listed.AddRange(reply.Json.GetProperty("results").EnumerateArray()
                .Select(r => r.GetProperty(what == "action" ? "name" : "id").GetString()!));
            var token = reply.Json.GetProperty("page").GetProperty("next_token").GetString()!;
            if (token.Length == 0) break;
            page = JsonSerializer.Serialize(new { token });
        }

        Assert.Equal(expected, string.Join(' ', listed));
    }
}

/// <summary>A broker with the scenario's policy.</summary>
public sealed class CertificationBroker : IAsyncLifetime
{
    private const string Policy = """
        default allow := false

        allow if input.resource.type == "writ"

        allow if {
        	known
        	input.action.name == "read"
        }

        allow if {
        	known
        	input.action.name == "write"
        	input.subject.id == "alice"
        	not archived
        }

        allow if {
        	input.action.name == "write"
        	admin
        	archived
        }

        allow if {
        	known
        	input.action.name == "delete"
        	input.context.caller.action.properties.soft == true
        }

        known if data.scenario.users[input.subject.id]

        admin if data.scenario.users[input.subject.id].role == "admin"

        archived if status == "archived"

        default status := "active"

        status := input.resource.properties.status

        status := data.scenario.records[input.resource.id] if not input.resource.properties.status
        """;

    private const string Names = """
        package writ.search

        subjects contains id if {
        	input.subject.type == "user"
        	some id, _ in data.scenario.users
        }

        resources := object.keys(data.scenario.records) if input.resource.type == "record"

        actions := ["read", "write", "delete", "read"]
        """;

    private TestBroker? _broker;
    private TestCaller? _api;

    internal TestCaller Api => _api!;

    public async ValueTask InitializeAsync()
    {
        _broker = await TestBroker.StartAsync(Engine.Sqlite);
        _api = await _broker.Seed.IdentityAsync("workload/api", [], row => row with { Kind = "workload" });
        var reply = await (await _broker.Seed.OperatorAsync("owner")).PostAsync("/v1/policies", new
        {
            files = new object[]
            {
                new { name = "scenario.rego", text = $"package writ.rules.scenario\n\n{Policy}" },
                new { name = "search.rego", text = Names },
            },
            data = JsonElement.Parse("""
                {"scenario": {"users": {"alice": {}, "bob": {"role": "admin"}},
                 "records": {"record-1": "active", "record-2": "archived"}}}
                """),
        });
        Assert.True(reply.Status == 201, reply.ToString());
    }

    public async ValueTask DisposeAsync()
    {
        if (_broker is not null) await _broker.DisposeAsync();
    }
}
