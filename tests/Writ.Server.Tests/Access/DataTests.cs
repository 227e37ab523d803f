using System.IO.Compression;
using System.Net.Http.Headers;
using System.Text.Json;
using Writ.Rego.Bundles;
using Writ.Rego.Values;
using Writ.Server.Policies;
using Writ.Server.Storage;
using Writ.Server.Tests.Approvals;
using static Writ.Server.Tests.Access.Asking;

namespace Writ.Server.Tests.Access;

/// <summary>OPA's <c>/v1/data</c>: the broker's own decision, and the operator's packages.</summary>
public sealed class DataTests(DataBroker shared) : IClassFixture<DataBroker>
{
    [Fact]
    public async Task Decision_is_the_broker_s_own_by_the_road_of_all_questions()
    {
        var world = await shared.Broker.Seed.WorldAsync();

        var yes = await QueryAsync(
            world.Agent, "writ/decision", Question(world.Agent, "orders:read", world.Orders.Name));
        var no = await QueryAsync(
            world.Agent, "writ/decision", Question(world.Agent, "orders:delete", world.Orders.Name));

        Assert.True(yes.Json.GetProperty("result").GetProperty("decision").GetBoolean());
        Assert.True(yes.Json.GetProperty("result").GetProperty("allow").GetBoolean());
        var refused = no.Json.GetProperty("result");
        Assert.False(refused.GetProperty("allow").GetBoolean());
        Assert.Equal("not_entitled", refused.GetProperty("context").GetProperty("code").GetString());
        var record = await RecordAsync(shared.Broker);
        Assert.Equal(no["decision_id"], record.GetProperty("decision_id").GetString());
        Assert.Equal("writ/decision", record.GetProperty("detail").GetProperty("path").GetString());
    }

    [Theory]
    [InlineData("writ/decision/decision", "true")]
    [InlineData("writ%2Fdecision%2Fallow", "true")]
    [InlineData("writ/decision/context/code", null)]
    // What the module of that name says must not be mistaken for the broker's word.
    [InlineData("writ/decision/answer", null)]
    [InlineData("writ/decision/why", null)]
    [InlineData("writ/decision/allows_known", null)]
    public async Task Part_of_the_decision_is_picked_out_of_the_broker_s(string path, string? expected)
    {
        var world = await shared.Broker.Seed.WorldAsync();

        var reply = await QueryAsync(world.Agent, path, Question(world.Agent, "orders:read", world.Orders.Name));

        Assert.Equal(200, reply.Status);
        Assert.Equal(
            expected, reply.Json.TryGetProperty("result", out var result) ? result.GetRawText() : null);
    }

    [Fact]
    public async Task What_the_input_says_never_becomes_a_fact()
    {
        var world = await shared.Broker.Seed.WorldAsync();

        var reply = await QueryAsync(world.Agent, "writ/decision", new
        {
            subject = new { type = "agent", id = world.Agent.Id, properties = new { clearance = "restricted" } },
            action = new { name = "orders:delete" },
            resource = new { type = "resource", id = world.Orders.Name },
            context = new { facts = new { subject = new { source = "registry" } } },
        });

        Assert.False(reply.Json.GetProperty("result").GetProperty("allow").GetBoolean());
    }

    [Fact]
    public async Task Whoever_may_not_ask_hears_it_as_OPA_would_say_it()
    {
        var world = await shared.Broker.Seed.WorldAsync();
        var stranger = await shared.Broker.Seed.IdentityAsync(
            Seed.Name("agent/stranger"), [], row => row with { Team = "support" });

        var reply = await QueryAsync(
            stranger, "writ/decision", Question(world.Agent, "orders:read", world.Orders.Name));

        Assert.Equal(403, reply.Status);
        Assert.Equal("application/json", reply.ContentType);
        Assert.Equal("not_yours", reply.Code);
        Assert.NotEmpty(reply["message"]!);
        Assert.NotEmpty(reply["decision_id"]!);
    }

    [Theory]
    [InlineData("app/allow", """{"user":"ann"}""", "true")]
    [InlineData("app/allow", """{"user":"bob"}""", "false")]
    [InlineData("app/list/1", "{}", "\"b\"")]
    [InlineData("app/nothing", "{}", null)]
    [InlineData("app/f", "{}", null)]
    [InlineData("app/f/1", "{}", null)]
    [InlineData("nowhere/at/all", "{}", null)]
    [InlineData("app/none", "{}", "null")]
    [InlineData("app/divided", """{"by":0}""", null)]
    [InlineData("app/divided", """{"by":2}""", "5")]
    public async Task Document_is_what_the_policy_says_of_the_input(string path, string input, string? expected)
    {
        var reply = await QueryAsync(shared.Owner, path, JsonElement.Parse(input));

        Assert.True(reply.Status == 200, reply.ToString());
        Assert.Equal(
            expected, reply.Json.TryGetProperty("result", out var result) ? result.GetRawText() : null);
        Assert.StartsWith("dec_", reply["decision_id"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Query_is_a_record_with_its_input_and_result()
    {
        var reply = await QueryAsync(shared.Owner, "app/allow", new { user = "ann" });

        var record = (await shared.Broker.RecordsAsync())[^1];
        Assert.Equal("policy.query", record.GetProperty("kind").GetString());
        Assert.Equal(reply["decision_id"], record.GetProperty("decision_id").GetString());
        var detail = record.GetProperty("detail");
        Assert.Equal("app/allow", detail.GetProperty("path").GetString());
        Assert.Equal("""{"user":"ann"}""", detail.GetProperty("input").GetString());
        Assert.Equal("true", detail.GetProperty("result").GetString());
        Assert.Equal(64, detail.GetProperty("queried_policy").GetString()!.Length);
    }

    [Fact]
    public async Task Parameters_tell_more_beside_the_result()
    {
        var input = Uri.EscapeDataString("""{"user":"ann"}""");
        var reply = await shared.Owner.GetAsync(
            $"/v1/data/app/allow?pretty&provenance=true&metrics&instrument=true&input={input}");

        Assert.True(reply.Json.GetProperty("result").GetBoolean());
        Assert.Contains("\n  \"", reply.Text, StringComparison.Ordinal);
        Assert.Equal(64, reply.Json.GetProperty("provenance").GetProperty("bundles").GetProperty("writ")
            .GetProperty("revision").GetString()!.Length);
        Assert.True(reply.Json.GetProperty("metrics").TryGetProperty("timer_rego_query_eval_ns", out _));
        var without = await shared.Owner.CallAsync(HttpMethod.Post, "/v1/data/app/allow");
        Assert.Equal("api_usage_warning", without.Json.GetProperty("warning").GetProperty("code").GetString());
    }

    [Theory]
    [InlineData("app/conflict", "", "eval_conflict_error")]
    [InlineData("app/endless", "", "eval_cancel_error")]
    [InlineData("app/divided", "?strict-builtin-errors", "eval_builtin_error")]
    public async Task Failed_evaluation_is_an_error_of_the_server(string path, string query, string code)
    {
        var reply = await QueryAsync(shared.Owner, path + query, new { by = 0 });

        Assert.Equal((500, "internal_error"), (reply.Status, reply.Code));
        Assert.Equal(code, reply.Json.GetProperty("errors")[0].GetProperty("code").GetString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("writ")]
    [InlineData("app/allow?explain=full")]
    [InlineData("app/allow?input={")]
    [InlineData("app/allow?input={\"a\":1,\"a\":2}")]
    public async Task Data_as_a_whole_and_malformed_queries_are_refused(string path)
    {
        var reply = await shared.Owner.GetAsync($"/v1/data/{path}".TrimEnd('/'));

        Assert.Equal((400, "invalid_parameter"), (reply.Status, reply.Code));
    }

    [Fact]
    public async Task Identity_queries_only_where_it_is_entitled_to()
    {
        var app = await ResourceAsync("app");
        var asker = await shared.Broker.Seed.IdentityAsync(Seed.Name("agent/asker"), [$"policy:query@{app.Name}"]);
        var low = await shared.Broker.Seed.IdentityAsync(
            Seed.Name("agent/low"), [$"policy:query@{app.Name}"], row => row with { Clearance = "public" });

        Assert.Equal(200, (await QueryAsync(asker, "app/allow", new { user = "ann" })).Status);
        Assert.Equal(200, (await QueryAsync(asker, "app/divided", new { by = 2 })).Status);
        Assert.Equal((500, "internal_error"), StatusOf(await QueryAsync(asker, "app", new { by = 2 })));
        foreach (var path in (string[])
            ["secrets/keys", "secrets", "application/allow", "app/../secrets", "writ/settings",
                "writ/rules/known/allow", "writ/facts", "system/log", "App/allow"])
        {
            var reply = await QueryAsync(asker, path, new { user = "ann" });
            Assert.True((reply.Status, reply.Code) == (403, "not_entitled"), $"{path}: {reply}");
            Assert.DoesNotContain("hunter2", reply.Text, StringComparison.Ordinal);
        }
        var climbing = await QueryAsync(asker, "app%2F..%2Fsecrets%2Fkeys", new { });
        Assert.False(climbing.Json.TryGetProperty("result", out _)); // a place below app, which is none
        Assert.Equal((403, "not_entitled"), StatusOf(await QueryAsync(low, "app/allow", new { })));
    }

    [Fact]
    public async Task Entitlement_above_everything_reaches_neither_the_broker_s_packages_nor_all_of_data()
    {
        var all = await ResourceAsync("");
        var writ = await ResourceAsync("writ");
        var asker = await shared.Broker.Seed.IdentityAsync(
            Seed.Name("agent/asker"), [$"policy:query@{all.Name}", $"policy:query@{writ.Name}"]);

        Assert.Equal((403, "not_entitled"), StatusOf(await QueryAsync(asker, "writ/settings", new { })));
        Assert.Equal((403, "not_entitled"), StatusOf(await QueryAsync(asker, "secrets/keys", new { })));
        Assert.Equal((400, "invalid_parameter"), StatusOf(await asker.GetAsync("/v1/data")));
    }

    [Fact]
    public async Task Compressed_body_is_read_and_bounded()
    {
        var good = await SendAsync(Gzip("""{"input":{"user":"ann"}}"""u8), "gzip");
        var bomb = await SendAsync(Gzip(new byte[8 << 20]), "gzip");
        var lie = await SendAsync("""{"input":{"user":"ann"}}"""u8.ToArray(), "gzip");
        var other = await SendAsync("""{"input":{"user":"ann"}}"""u8.ToArray(), "br");

        Assert.True(good.Json.GetProperty("result").GetBoolean());
        Assert.Equal((413, "body_too_large"), StatusOf(bomb));
        Assert.Equal((400, "invalid_parameter"), StatusOf(lie));
        Assert.Equal((415, "content_type"), StatusOf(other));
    }

    [Theory]
    [InlineData("app", "allow\"] = x; data.secrets[\"keys")]
    [InlineData("app\"] | data.secrets")]
    [InlineData("app", "$secrets")]
    [InlineData("app[\"allow\"]")]
    [InlineData("app", "list", "-1")]
    [InlineData("app", "list", "99999999999999999999")]
    public void Path_is_never_read_as_Rego(params string[] path)
    {
        var policy = PolicyVersion.Of(new PolicySet(
            [
                new PolicyFile("r.rego", "package writ.rules.known\n\nallow := true", null),
                new PolicyFile("app.rego", DataBroker.Package, null),
            ],
            (RegoObject)RegoValue.ParseJson("""{"secrets": {"keys": "hunter2"}}""")));

        var answer = policy.Documents.Query(
            path, RegoObject.Empty, isStrict: false, DateTimeOffset.UnixEpoch, TimeProvider.System);

        Assert.IsType<QueryAnswer.Undefined>(answer);
    }

    [Fact]
    public async Task Query_waits_for_a_yes_and_is_recorded_with_its_result()
    {
        await using var broker = await TestBroker.StartAsync(Engine.Sqlite);
        var world = await ApprovalWorld.OverAsync(broker);
        var second = await broker.Seed.OperatorAsync(Seed.Name("second"));
        await world.PushAsync("""
            package writ.rules.tested

            allow := true

            obligations contains {"require_approval": {"approvers": [], "window_seconds": 300}} if {
            	input.action.name == "policy:query"
            }
            """);
        const string path = "/v1/data/writ/rules/tested/allow";

        var wish = await world.Staff.Owner.PostAsync(path, new { input = 1 });
        Assert.Equal((403, "approval_required"), StatusOf(wish));
        Assert.NotEmpty(wish["message"]!);
        Assert.NotEmpty(wish["approval_uri"]!);
        var yes = await world.ApproveAsync(wish["approval"]!, second);
        Assert.True(yes.Status is 200 or 204, yes.Text);
        var reply = await ApprovalWorld.CallAsync(world.Staff.Owner, path, new { input = 1 }, wish["approval"]);

        Assert.True(reply.Json.GetProperty("result").GetBoolean());
        var detail = (await broker.RecordsAsync())[^1].GetProperty("detail");
        Assert.Equal("true", detail.GetProperty("result").GetString());
        Assert.Equal(wish["approval"], detail.GetProperty("approval").GetString());
    }

    private static (int Status, string? Code) StatusOf(Reply reply) => (reply.Status, reply.Code);

    private static Task<Reply> QueryAsync(TestCaller who, string path, object input) =>
        who.PostAsync($"/v1/data/{path}", new { input });

    private Task<ResourceRow> ResourceAsync(string path) => shared.Broker.Seed.ResourceAsync(
        Seed.Name("policy"), "policy:query", uri: $"{shared.Broker.Issuer}/v1/data/{path}".TrimEnd('/'));

    private static byte[] Gzip(ReadOnlySpan<byte> bytes)
    {
        using var packed = new MemoryStream();
        using (var stream = new GZipStream(packed, CompressionLevel.Optimal)) stream.Write(bytes);
        return packed.ToArray();
    }

    private async Task<Reply> SendAsync(byte[] body, string encoding)
    {
        const string path = "/v1/data/app/allow";
        var token = await shared.Owner.ManagementTokenAsync();
        shared.Owner.TakeNonce();
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Content.Headers.ContentEncoding.Add(encoding);
        request.Headers.Authorization = new AuthenticationHeaderValue("DPoP", token);
        request.Headers.Add("DPoP", shared.Owner.Proof("POST", path, token));
        return await shared.Owner.SendAsync(request);
    }
}

/// <summary>A broker whose policy holds packages of an application, and data that not everybody may read.</summary>
public sealed class DataBroker : IAsyncLifetime
{
    internal const string Package = """
        package app

        default allow := false

        allow if input.user == "ann"

        list := ["a", "b"]

        none := null

        f(x) := x

        divided := 10 / input.by

        conflict := 1 if true

        conflict := 2 if true

        endless := count([1 | numbers.range(1, 100000)[_]; numbers.range(1, 100000)[_]])
        """;

    private TestBroker? _broker;
    private TestCaller? _owner;

    internal TestBroker Broker => _broker!;

    internal TestCaller Owner => _owner!;

    public async ValueTask InitializeAsync()
    {
        _broker = await TestBroker.StartAsync(Engine.Sqlite);
        _owner = await _broker.Seed.OperatorAsync("owner");
        await PushAsync(_owner);
    }

    public async ValueTask DisposeAsync()
    {
        if (_broker is not null) await _broker.DisposeAsync();
    }

    /// <summary>Puts it in force.</summary>
    internal static async Task PushAsync(TestCaller owner)
    {
        var reply = await owner.PostAsync("/v1/policies", new
        {
            files = new object[]
            {
                new { name = "rules.rego", text = "package writ.rules.known\n\nallow := true" },
                new { name = "app.rego", text = Package },
            },
            data = new { secrets = new { keys = "hunter2" }, writ = new { settings = new { level = 1 } } },
        });
        Assert.True(reply.Status == 201, reply.ToString());
    }
}
