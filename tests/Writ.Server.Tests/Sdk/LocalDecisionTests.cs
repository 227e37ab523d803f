using System.Text.Json;
using Writ.Client;
using Writ.Server.Storage;
using Writ.Server.Tests.Access;
using Writ.Testing;
using static Writ.Server.Tests.Access.Asking;

namespace Writ.Server.Tests.Sdk;

/// <summary>Decisions in the API's own process: the same as the broker's, as fresh as the feed, and recorded.</summary>
public sealed class LocalDecisionTests : IDisposable
{
    private const string Grades = """
        package writ.rules.grades

        default allow := false

        allow if {
            input.subject.properties.team != "barred"
            input.context.risk.score < 50
            input.subject.properties.expires_in_seconds > 0
            not input.context.caller.context.deny
        }

        allow if input.subject.id == "jo"

        reasons contains "risky" if input.context.risk.score >= 50

        reasons contains "told_so" if input.context.caller.context.deny

        obligations contains {"mask": {"classification": "confidential", "how": "hash"}} if {
            input.resource.properties.identifier == "masked"
        }

        obligations contains {"require_approval": {"approvers": ["a"], "window_seconds": 60}} if {
            input.resource.properties.identifier == "approved"
        }

        obligations contains {"dance": true} if input.resource.properties.identifier == "danced"

        obligations contains {"notify": "team:payments"} if input.resource.properties.datatypes
        """;

    private readonly string _spool = Directory.CreateTempSubdirectory("writ-spool-").FullName;

    public void Dispose() => Directory.Delete(_spool, recursive: true);

    [Fact]
    public async Task Local_and_remote_answers_are_the_same()
    {
        await using var broker = await TestBroker.StartAsync(Engine.Sqlite, TimeProvider.System, SdkApi.Patient);
        var owner = await broker.Seed.OperatorAsync("owner");
        var (server, resource) = await ApiAsync(broker);
        var subjects = await SubjectsAsync(broker, resource);
        await using var api = await SdkApi.StartAsync(broker, server, resource, spool: _spool);
        var questions = Questions(subjects, resource, seed: 20261122).Take(240).ToList();

        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var shipped in (bool[])[true, false])
        {
            if (!shipped) await PushAsync(owner, broker, api);
            foreach (var question in questions.Skip(shipped ? 160 : 0))
            {
                var there = await server.AskAsync(Sent(question));
                var here = await api.Decisions.DecideAsync(question);
                Assert.Equal(Told(there), $"{here.IsAllowed} {here.Code} {here.Obligations.ToJson()}");
                seen.Add(here.Code ?? (here.Obligations.IsEmpty ? "yes" : "yes, if"));
            }
        }

        string[] all =
        [
            "yes", "yes, if", "not_entitled", "identity_not_active", "not_cleared", "unknown_action", "risky",
            "obligation_unknown",
        ];
        Assert.Superset(all.ToHashSet(StringComparer.Ordinal), seen);
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Decisions_become_records_and_follow_a_change_within_a_second(Engine engine)
    {
        await using var broker = await TestBroker.StartAsync(engine, TimeProvider.System, SdkApi.Patient);
        var (server, resource) = await ApiAsync(broker);
        var agent = await broker.Seed.IdentityAsync(Seed.Name("agent/billing"), [$"orders:read@{resource.Name}"]);
        await using var api = await SdkApi.StartAsync(broker, server, resource, spool: _spool);
        var question = new DecisionQuestion { Subject = agent.Id, Action = "orders:read", Resource = resource.Name };

        var yes = await api.Decisions.DecideAsync(question);
        await broker.Seed.ChangeAsync(agent, row => row with { Status = "suspended" });
        var began = TimeProvider.System.GetTimestamp();
        LocalDecision after;
        do
        {
            after = await api.Decisions.DecideAsync(question);
        }
        while (after.IsAllowed || after.IsOutage);

        Assert.InRange(TimeProvider.System.GetElapsedTime(began), TimeSpan.Zero, TimeSpan.FromSeconds(1));
        Assert.True(yes.IsAllowed);
        Assert.Equal("identity_not_active", after.Code);
        IReadOnlyList<JsonElement> records = [];
        await Wait.UntilAsync(async () =>
        {
            records = [.. (await broker.RecordsAsync()).Where(r => Text(r, "kind") == "access.local")];
            return records.Any(r => Text(r, "decision_id") == after.Id);
        }, "the decisions are delivered");
        var first = records.First(r => Text(r, "decision_id") == yes.Id);
        Assert.Equal(
            ("allow", server.Id, agent.Id), (Text(first, "outcome"), Text(first, "actor"), Text(first, "subject")));
        Assert.Equal(records.Count, records.DistinctBy(r => Text(r, "decision_id")).Count());
        Assert.Equal("identity_not_active", Text(records[^1], "reason"));
    }

    [Fact]
    public async Task Broker_that_is_away_makes_it_a_no()
    {
        var broker = await TestBroker.StartAsync(Engine.Sqlite, TimeProvider.System, SdkApi.Patient);
        SdkApi api;
        DecisionQuestion question;
        try
        {
            var (server, resource) = await ApiAsync(broker);
            var agent = await broker.Seed.IdentityAsync(Seed.Name("agent/billing"), [$"orders:read@{resource.Name}"]);
            api = await SdkApi.StartAsync(broker, server, resource, spool: _spool);
            question = new DecisionQuestion { Subject = agent.Id, Action = "orders:read", Resource = resource.Name };
            Assert.True((await api.Decisions.DecideAsync(question)).IsAllowed);
        }
        finally
        {
            await broker.DisposeAsync();
        }

        await using (api)
        {
            await Wait.UntilAsync(() => !api.Decisions.IsFresh, "it is stale");
            var no = await api.Decisions.DecideAsync(question);
            Assert.Equal((false, "decision_stale", true), (no.IsAllowed, no.Code, no.IsOutage));
            Assert.NotNull(no.Id); // and spooled: it is delivered when the broker is back
        }
    }

    [Fact]
    public async Task Endpoint_is_decided_on_with_the_token_that_it_is_called_with()
    {
        await using var broker = await TestBroker.StartAsync(Engine.Sqlite, TimeProvider.System, SdkApi.Patient);
        var owner = await broker.Seed.OperatorAsync("owner");
        var (server, resource) = await ApiAsync(broker);
        var grant = $"orders:read@{resource.Name}";
        var agent = await broker.Seed.IdentityAsync(Seed.Name("agent/billing"), [grant]);
        var task = await broker.Seed.TaskAsync(
            agent, await broker.Seed.WorkflowAsync(Seed.Name("refunds"), [agent], [grant]));
        await using var api = await SdkApi.StartAsync(broker, server, resource, spool: _spool);
        using var writ = new WritClient(new WritClientOptions
        {
            Issuer = broker.Issuer,
            ClientId = agent.Id,
            Key = agent.Key,
        });
        using var http = writ.AttachTask(task.Id).CreateClient(grant);
        await http.GetStringAsync(resource.Uri + "/orders"); // its token is of before the policy
        await PushAsync(owner, broker, api, """

            allow if {
                input.context.task.id
                input.context.facts.task.source == "token"
                input.context.binding.type == "dpop"
                input.context.request.kind == "access"
            }

            obligations contains {"step_up": "mtls"} if input.resource.properties.identifier == "stepped"
            """);

        Assert.Equal("[]", await http.GetStringAsync(resource.Uri + "/decided/17"));
        Assert.Contains("hash", await http.GetStringAsync(resource.Uri + "/decided/masked"), StringComparison.Ordinal);
        // What the first of two requirements obliges to is not lost with the second.
        Assert.Contains("hash", await http.GetStringAsync(resource.Uri + "/twice/masked"), StringComparison.Ordinal);
        foreach (var (id, code) in ((string, string)[])
            [("approved", "obligation_unknown"), ("danced", "obligation_unknown"), ("stepped", "step_up_required")])
        {
            using var answer = await http.GetAsync(resource.Uri + "/decided/" + id);
            var problem = JsonElement.Parse(await answer.Content.ReadAsStringAsync());
            Assert.Equal((403, code), ((int)answer.StatusCode, Text(problem, "code")));
            Assert.StartsWith("loc_", Text(problem, "decision_id"), StringComparison.Ordinal);
        }
    }

    private static async Task<(TestCaller Server, ResourceRow Resource)> ApiAsync(TestBroker broker)
    {
        var resource = await SdkApi.RegisterAsync(broker);
        var server = await broker.Seed.IdentityAsync(
            Seed.Name("workload/api"), [], row => row with { Kind = "workload" });
        return (server, resource);
    }

    private static async Task PushAsync(TestCaller owner, TestBroker broker, SdkApi api, string more = "")
    {
        var reply = await owner.PostAsync("/v1/policies", new
        {
            files = new[] { new { name = "grades.rego", text = Grades + more } },
        });
        Assert.True(reply.Status == 201, reply.ToString());
        var digest = (await broker.Wiring.Registry.CurrentAsync()).PolicyTurn!.Digest;
        await Wait.UntilAsync(
            () => api.Decisions.Policy == digest && api.Decisions.IsFresh, "it decides by the new policy");
    }

    private static async Task<string[]> SubjectsAsync(TestBroker broker, ResourceRow resource)
    {
        var all = $"orders:read,orders:write@{resource.Name}";
        var risky = await broker.Seed.IdentityAsync(Seed.Name("agent/risky"), [all]);
        await broker.Seed.ApplyAsync(tx => RiskSignalStore.InsertAsync(tx, new RiskSignalRow
        {
            Id = Seed.Name("sig"),
            Identity = risky.Id,
            Name = "leak",
            Score = 90,
            Source = "test",
            At = broker.Now.ToMicros(),
            ExpiresAt = broker.Now.AddHours(1).ToMicros(),
        }));
        TestCaller[] others =
        [
            await broker.Seed.IdentityAsync(Seed.Name("agent/plain"), [all]),
            await broker.Seed.IdentityAsync(Seed.Name("agent/reader"), [$"orders:read@{resource.Name}"]),
            await broker.Seed.IdentityAsync(Seed.Name("agent/low"), [all], r => r with { Clearance = "public" }),
            await broker.Seed.IdentityAsync(Seed.Name("agent/off"), [all], r => r with { Status = "suspended" }),
            await broker.Seed.IdentityAsync(Seed.Name("agent/barred"), [all], r => r with { Team = "barred" }),
            await broker.Seed.IdentityAsync(Seed.Name("agent/labelled"), [all], r => r with
            {
                Labels = """{"tier":"gold","zone":"ü"}""",
            }),
            await broker.Seed.IdentityAsync(Seed.Name("agent/nothing"), []),
        ];
        return [risky.Id, .. others.Select(o => o.Id), "jo", "somebody@example.org"];
    }

    /// <summary>Questions without end, the same for the same seed.</summary>
    private static IEnumerable<DecisionQuestion> Questions(string[] subjects, ResourceRow resource, int seed)
    {
        var state = (uint)seed;
        while (true)
        {
            yield return new DecisionQuestion
            {
                Subject = Pick(subjects),
                SubjectType = Pick("agent", "user"),
                Action = Pick("orders:read", "orders:read", "orders:write", "orders:dance", "can_read"),
                Resource = Pick(resource.Name, resource.Uri),
                Identifier = Pick(null, null, "17", "masked", "approved", "danced"),
                Datatypes = Pick(null, null, null, (string[])["order"], ["order", "person"]),
                Context = Pick<JsonElement?>(
                    null, JsonElement.Parse("""{"a":[1,2.50,{"b":null}]}"""), JsonElement.Parse("""{"deny":true}""")),
                Honours = Pick<string[]>([], ["mask"], ["mask", "require_approval"]),
            };
        }

        T Pick<T>(params ReadOnlySpan<T> values)
        {
            state = (state * 1_664_525) + 1_013_904_223;
            return values[(int)((state >> 8) % (uint)values.Length)];
        }
    }

    /// <summary>The same question as it is sent to the broker.</summary>
    private static object Sent(DecisionQuestion question)
    {
        var context = new Dictionary<string, object>(StringComparer.Ordinal) { ["honours"] = question.Honours };
        foreach (var member in question.Context?.EnumerateObject() ?? default) context[member.Name] = member.Value;
        return new
        {
            subject = new { type = question.SubjectType, id = question.Subject },
            action = new { name = question.Action },
            resource = new
            {
                type = "resource",
                id = question.Resource,
                properties = new { identifier = question.Identifier, datatypes = question.Datatypes },
            },
            context,
        };
    }

    private static string Told(Reply reply)
    {
        var (decision, code) = DecisionOf(reply);
        var context = reply.Json.GetProperty("context");
        var obligations = context.TryGetProperty("obligations", out var some) ? some.GetRawText() : "[]";
        return $"{decision} {code} {obligations}";
    }

    private static string? Text(JsonElement from, string name) => from.GetProperty(name).GetString();
}
