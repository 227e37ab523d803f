using System.Text;
using System.Text.Json;
using Writ.Rego;
using Writ.Rego.Bundles;
using Writ.Rego.Values;
using Writ.Testing;
using static Writ.Server.Tests.Access.Asking;

namespace Writ.Server.Tests.Access;

/// <summary>
/// The payloads of the AuthZEN working group's interoperability scenario (a list of to-dos), and its JSON schemas. The
/// scenario's roles: <c>https://authzen-interop.net/docs/scenarios/todo</c>.
/// </summary>
public sealed class AuthzenVectorTests
{
    private const string Policy = """
        default allow := false

        allow if input.resource.type == "writ"

        allow if input.action.name in {"can_read_user", "can_read_todos"}

        allow if {
        	input.action.name == "can_create_todo"
        	roles & {"admin", "editor"} != set()
        }

        allow if {
        	input.action.name == "can_update_todo"
        	"evil_genius" in roles
        }

        allow if {
        	input.action.name == "can_delete_todo"
        	"admin" in roles
        }

        allow if {
        	input.action.name in {"can_update_todo", "can_delete_todo"}
        	"editor" in roles
        	owner == email
        }

        # Early payloads have the owner beside the properties.
        owner := input.resource.properties.ownerID

        owner := input.context.caller.resource.ownerID

        email := emails[input.subject.id]

        email := input.subject.id if contains(input.subject.id, "@")

        emails := {
        	"CiRmZDA2MTRkMy1jMzlhLTQ3ODEtYjdiZC04Yjk2ZjVhNTEwMGQSBWxvY2Fs": "rick@the-citadel.com",
        	"CiRmZDE2MTRkMy1jMzlhLTQ3ODEtYjdiZC04Yjk2ZjVhNTEwMGQSBWxvY2Fs": "morty@the-citadel.com",
        	"CiRmZDI2MTRkMy1jMzlhLTQ3ODEtYjdiZC04Yjk2ZjVhNTEwMGQSBWxvY2Fs": "summer@the-smiths.com",
        	"CiRmZDM2MTRkMy1jMzlhLTQ3ODEtYjdiZC04Yjk2ZjVhNTEwMGQSBWxvY2Fs": "beth@the-smiths.com",
        	"CiRmZDQ2MTRkMy1jMzlhLTQ3ODEtYjdiZC04Yjk2ZjVhNTEwMGQSBWxvY2Fs": "jerry@the-smiths.com",
        }

        roles := {
        	"rick@the-citadel.com": {"admin", "evil_genius"},
        	"morty@the-citadel.com": {"editor"},
        	"summer@the-smiths.com": {"editor"},
        	"beth@the-smiths.com": {"viewer"},
        	"jerry@the-smiths.com": {"viewer"},
        }[email]
        """;

    [Theory]
    [InlineData("00")]
    [InlineData("01")]
    [InlineData("02")]
    public async Task Payloads_of_the_interoperability_scenario_are_answered_as_expected(string version)
    {
        if (!Vectors.TryRead(
            $"authzen/interop/authzen-todo-backend/test/decisions-authorization-api-1_0-{version}.json", out var cases))
            return;
        await using var broker = await TestBroker.StartAsync(Engine.Sqlite);
        var api = await AskerAsync(broker);

        var wrong = new StringBuilder();
        foreach (var one in cases.GetProperty("evaluation").EnumerateArray())
        {
            var request = one.GetProperty("request").GetRawText();
            var (decision, code) = DecisionOf(await api.AskAsync(request));
            if (decision != one.GetProperty("expected").GetBoolean()) wrong.AppendLine($"{decision} {code}: {request}");
        }

        Assert.Equal("", wrong.ToString());
    }

    [Fact]
    public async Task Boxcars_of_the_interoperability_scenario_are_answered_as_expected()
    {
        if (!Vectors.TryRead(
            "authzen/interop/authzen-todo-backend/test/decisions-authorization-api-1_0-02.json", out var cases)) return;
        await using var broker = await TestBroker.StartAsync(Engine.Sqlite);
        var api = await AskerAsync(broker);

        foreach (var one in cases.GetProperty("evaluations").EnumerateArray())
        {
            var reply = await api.PostAsync("/access/v1/evaluations", one.GetProperty("request").GetRawText());
            Assert.Equal(Decisions(one.GetProperty("expected")), Decisions(reply.Json.GetProperty("evaluations")));
        }

        static IEnumerable<bool> Decisions(JsonElement list) =>
            list.EnumerateArray().Select(item => item.GetProperty("decision").GetBoolean());
    }

    [Fact]
    public async Task Answers_fit_the_schema_of_the_working_group()
    {
        if (!Vectors.TryRead("authzen/api/schemas/evaluation-response.schema.json", out var schema)) return;
        await using var broker = await TestBroker.StartAsync(Engine.Sqlite);
        var api = await AskerAsync(broker);
        var world = await broker.Seed.WorldAsync();

        Assert.Equal("[true,[]]", Match(schema, await api.AskAsync(Unregistered())));
        var yes = """
            {"subject":{"type":"user","id":"rick@the-citadel.com"},"action":{"name":"can_create_todo"},
             "resource":{"type":"todo","id":"1"}}
            """;
        Assert.Equal("[true,[]]", Match(schema, await api.AskAsync(yes)));
        var notEntitled = Question(world.Agent, "orders:delete", world.Orders.Name);
        Assert.Equal("[true,[]]", Match(schema, await world.Agent.AskAsync(notEntitled)));
    }

    [Fact]
    public async Task Example_of_the_request_schema_is_taken()
    {
        if (!Vectors.TryRead("authzen/api/schemas/evaluation-request.schema.json", out var schema)) return;
        await using var broker = await TestBroker.StartAsync(Engine.Sqlite);
        var api = await AskerAsync(broker);

        foreach (var example in schema.GetProperty("examples").EnumerateArray())
            Assert.Equal((false, "policy_tested"), DecisionOf(await api.AskAsync(example.GetRawText())));
    }

    private static string Match(JsonElement schema, Reply reply)
    {
        var module = new PolicyFile(
            "t.rego", "package t\n\nfits := json.match_schema(input.answer, input.schema)", RegoVersion.V1);
        var policy = new PolicySet([module], RegoObject.Empty).Compile(PolicyOptions.Default);
        return policy.PrepareValue("data.t.fits").Run(new QueryInput
        {
            Input = new RegoObject.Builder()
                .Set("answer", RegoValue.ParseJson(reply.Text))
                .Set("schema", RegoValue.ParseJson(schema.GetRawText()))
                .Build(),
        })!.ToJson();
    }

    private static async Task<TestCaller> AskerAsync(TestBroker broker)
    {
        await (await broker.Seed.OperatorAsync("owner")).PushAsync(Policy);
        return await broker.Seed.IdentityAsync("workload/todo", [], row => row with { Kind = "workload" });
    }
}
