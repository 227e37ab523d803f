using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Writ.Protocol;
using Writ.Server.Edge;
using Writ.Server.Storage;
using Writ.Server.Tests.Access;
using Writ.Testing;

namespace Writ.Server.Tests.Governance;

/// <summary>
/// Every row of the table of endpoints × every kind of caller, against <c>access-matrix.txt</c>. A new endpoint
/// without a row here fails; so does a row whose answer changed. The target is always of the team <c>payments</c>, and
/// good for whoever may do it; each cell has a target of its own.
/// </summary>
public sealed class AccessMatrixTests
{
    private const string Golden = "tests/Writ.Server.Tests/Governance/access-matrix.txt";

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Every_endpoint_answers_every_kind_of_caller_as_the_table_says(Engine engine)
    {
        await using var broker = await TestBroker.StartAsync(engine);
        var staff = await Staff.HireAsync(broker);
        await broker.Seed.OperatorAsync(Seed.Name("spare")); // so that no row meets the last owner
        var world = await broker.Seed.WorldAsync();
        var agent = await broker.Seed.IdentityAsync(Seed.Name("agent/outsider"), []);
        (string Name, TestCaller? Who)[] callers =
        [
            ("nobody", null), ("agent", agent), ("viewer", staff.Viewer), ("other team", staff.Stranger),
            ("operator", staff.Operator), ("owner", staff.Owner),
        ];
        var targets = new AccessTargets(broker, world);
        await targets.SignAsync();
        var table = new StringBuilder();
        foreach (var route in Routes.Table(broker.Wiring))
        {
            table.Append(route.Method).Append(' ').Append(route.Path).Append('\n');
            // The others prove themselves otherwise than by a token: anybody else is nobody there.
            foreach (var (name, who) in route.Caller == "token" ? callers : callers[..1])
                table.Append("  ").Append(name.PadRight(12))
                    .Append(await AskAsync(broker, route, who, targets)).Append('\n');
        }

        var expected = await File.ReadAllTextAsync(Repository.At(Golden));
        Assert.Equal(expected, table.ToString());
    }

    private static async Task<string> AskAsync(TestBroker broker, Route route, TestCaller? who, AccessTargets targets)
    {
        var (path, body) = await targets.OfAsync($"{route.Method} {route.Path}", who);
        using var request = new HttpRequestMessage(new HttpMethod(route.Method), path);
        if (body is not null)
            request.Content = new StringContent(
                JsonSerializer.Serialize(body, Answers.Json), Encoding.UTF8, "application/json");
        if (who is not null)
        {
            var token = await who.ManagementTokenAsync();
            who.TakeNonce();
            request.Headers.Authorization = new AuthenticationHeaderValue("DPoP", token);
            request.Headers.Add("DPoP", who.Proof(route.Method, path, token));
        }
        using var response = await broker.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        var status = (int)response.StatusCode;
        if (response.IsSuccessStatusCode) return $"{status}";
        var problem = JsonElement.Parse(await response.Content.ReadAsStringAsync());
        return $"{status} {problem.GetProperty("code").GetString()}";
    }
}

/// <summary>Something of the team <c>payments</c> for each endpoint to act on, new each time.</summary>
internal sealed class AccessTargets(TestBroker broker, TestWorld world)
{
    /// <summary>The doors of those who ask about somebody else, and the log.</summary>
    private (string Path, object? Body)? Asking(string route) => route switch
    {
        "GET /v1/audit/{id}/proof" => ($"/v1/audit/{_signed}/proof", null),
        _ when route.StartsWith("GET /log/", StringComparison.Ordinal) => AtLog(route),
        "GET /v1/data/{+path}" => ("/v1/data/writ/settings", null),
        "POST /v1/data/{+path}" => ("/v1/data/writ/decision", new { input = Question() }),
        _ when route.StartsWith("POST /access/", StringComparison.Ordinal) => (route["POST ".Length..], Question()),
        _ => null,
    };

    private string _signed = "0"; // a decision that a checkpoint covers

    /// <summary>Records something, and has the log signed up to it.</summary>
    public async Task SignAsync()
    {
        _signed = await DecisionAsync();
        await broker.Wiring.Log.Sequencer.RunAsync();
    }

    private (string Path, object? Body) AtLog(string route) => (route["GET ".Length..] switch
    {
        "/log/tile/{+path}" => "/log/tile/0/000.p/1",
        "/log/tile/entries/{+path}" => "/log/tile/entries/000.p/1",
        "/log/entries/{+path}" => "/log/entries/000.p/1",
        "/log/former/{number}/{+path}" => "/log/former/1/checkpoint",
        "/log/former/{number}/about" => "/log/former/1/about",
        "/log/details/{+path}" => "/log/details/000.p/1",
        "/log/former/{number}/details/{+path}" => "/log/former/1/details/000.p/1",
        "/log/former/{number}/tile/entries/{+path}" => "/log/former/1/tile/entries/000.p/1",
        var path => path.Replace("{index}", "0", StringComparison.Ordinal)
            .Replace("{first}/{second}", "1/2", StringComparison.Ordinal),
    }, null);

    public async Task<(string Path, object? Body)> OfAsync(string route, TestCaller? who) => route switch
    {
        "POST /v1/operators/enrol" => ("/v1/operators/enrol", new { code = "x", jwk = Key() }),
        "GET /access/v1/bundle" or "POST /access/v1/decisions" => OfDecider(route),
        _ when Asking(route) is { } asking => asking,
        "POST /v1/tasks" => ("/v1/tasks", new
        {
            workflow = world.Workflow.Name,
            agent = world.Agent.Id,
            purpose = "test",
        }),
        "GET /v1/tasks/{id}" or "GET /v1/tasks/{id}/story" => (route[4..].Replace("{id}", await TaskAsync()), null),
        "POST /v1/tasks/{id}/end" => ($"/v1/tasks/{await TaskAsync()}/end", new { }),
        "POST /v1/tasks/{id}/heartbeat" => ($"/v1/tasks/{await TaskAsync()}/heartbeat", null),
        "POST /v1/identities" => ("/v1/identities", new
        {
            name = Seed.Name("agent/x"),
            kind = "agent",
            purpose = "test",
            team = Staff.Team,
        }),
        "GET /v1/identities/{+name}" => (await IdentityAsync(), null),
        "PATCH /v1/identities/{+name}" => (await IdentityAsync(), new { purpose = "new" }),
        "POST /v1/identities/{+name}/suspend" => ($"{await IdentityAsync()}/suspend", null),
        "POST /v1/identities/{+name}/resume" => ($"{await IdentityAsync(IdentityStatus.Suspended)}/resume", null),
        "POST /v1/identities/{+name}/decommission" => ($"{await IdentityAsync()}/decommission", null),
        "POST /v1/identities/{+name}/keys" => ($"{await IdentityAsync()}/keys", new { kind = "jwk", jwk = Key() }),
        "DELETE /v1/identities/{+name}/keys/{id}" => (await IdentityKeyAsync(), null),
        "POST /v1/resources" => ("/v1/resources", new
        {
            name = Seed.Name("r"),
            uri = $"https://{Seed.Name("r")}.example",
            actions = new[] { "a:b" },
            team = Staff.Team,
        }),
        "GET /v1/resources/{name}" or "DELETE /v1/resources/{name}" => (await ResourceAsync(), null),
        "PATCH /v1/resources/{name}" => (await ResourceAsync(), new { classification = "public" }),
        "GET /v1/findings/{id}" => ($"/v1/findings/{await FindingAsync()}", null),
        "POST /v1/findings/{id}/close" => ($"/v1/findings/{await FindingAsync()}/close", new { reason = "mended" }),
        "GET /v1/operators/{name}" or "DELETE /v1/operators/{name}" => (await OperatorAsync(), null),
        "PATCH /v1/operators/{name}" => (await OperatorAsync(), new { role = "operator" }),
        "POST /v1/operators/enrolments" => ("/v1/operators/enrolments", new
        {
            name = Seed.Name("new"),
            role = "viewer",
            team = Staff.Team,
        }),
        "POST /v1/operators/{name}/keys" => (
            $"{Own(who) ?? await OperatorAsync()}/keys", new { kind = "jwk", jwk = Key() }),
        "DELETE /v1/operators/{name}/keys/{id}" => (await OperatorKeyAsync(), null),
        _ when IsOfKeeping(route) => await AtKeepingAsync(route),
        "POST /v1/workflows" => ("/v1/workflows", new
        {
            name = Seed.Name("w"),
            agents = new[] { world.Agent.Id },
            authority = new[] { world.Grant() },
            team = Staff.Team,
        }),
        "GET /v1/workflows/{name}" or "DELETE /v1/workflows/{name}" => (await WorkflowAsync(), null),
        "PATCH /v1/workflows/{name}" => (await WorkflowAsync(), new { purposes = new[] { "x" } }),
        "POST /v1/locks" => ("/v1/locks", new { identity = await IdentityIdAsync(), reason = "test" }),
        _ when route.Contains("/approvals/{id}", StringComparison.Ordinal) => await AtApprovalAsync(route.Split(' ')),
        "POST /v1/identities/{+name}/signals" => ($"{await IdentityAsync()}/signals", new { name = "odd", score = 1 }),
        "GET /v1/decisions/{id}/explanation" => ($"/v1/decisions/{await DecisionAsync()}/explanation", null),
        _ when route.Contains("/v1/policies", StringComparison.Ordinal) => AtPolicies(route),
        "GET /readyz/{part}" => ("/readyz/store", null),
        _ when !route.Contains('{', StringComparison.Ordinal) => (route[(route.IndexOf(' ') + 1)..], null),
        _ => throw new InvalidOperationException($"{route} has no target here: add one, and its refusals."),
    };

    private (string Path, object? Body) OfDecider(string route) => route.StartsWith("GET ", StringComparison.Ordinal)
        ? ($"/access/v1/bundle?resources={world.Orders.Name}", null)
        : ("/access/v1/decisions", new
        {
            spool = Seed.Name("spool-of-this-test"),
            first = 1,
            decisions = new[] { AccessReports.Decision(world.Agent.Id, world.Orders.Name) },
        });

    /// <summary>What keeps: keys that sign, holds, and what goes.</summary>
    private static bool IsOfKeeping(string route) =>
        route.Contains("/v1/audit/holds", StringComparison.Ordinal)
        || route.Contains("/v1/audit/erase", StringComparison.Ordinal)
        || route.StartsWith("POST /v1/signing-keys/", StringComparison.Ordinal);

    private async Task<(string Path, object? Body)> AtKeepingAsync(string route) => route switch
    {
        "POST /v1/signing-keys/rotate" => ("/v1/signing-keys/rotate", new { purpose = "feed" }),
        "POST /v1/signing-keys/{kid}/revoke" => ($"/v1/signing-keys/{await SigningKeyAsync()}/revoke", null),
        "POST /v1/audit/holds" => ("/v1/audit/holds", new { task = "task_x", reason = "test" }),
        "DELETE /v1/audit/holds/{id}" => ($"/v1/audit/holds/{await HoldAsync()}?reason=test", null),
        "POST /v1/audit/erase" => ("/v1/audit/erase", new { task = "task_y", reason = "test" }),
        "GET /v1/audit/erase/{id}" => ($"/v1/audit/erase/{await ErasureAsync()}", null),
        _ => (route[(route.IndexOf(' ') + 1)..], null),
    };

    private static (string Path, object? Body) AtPolicies(string route) => route switch
    {
        "GET /v1/policies/{digest}" => ("/v1/policies/live", null),
        "POST /v1/policies/rollback" => (route["POST ".Length..], null),
        _ when !route.StartsWith("POST ", StringComparison.Ordinal) => (route[(route.IndexOf(' ') + 1)..], null),
        _ => (route[(route.IndexOf(' ') + 1)..], Policy()),
    };

    private static object Policy() => new
    {
        files = new[] { new { name = "open.rego", text = "package writ.rules.open\n\nallow := true" } },
    };

    /// <summary>Of their own keys everybody may add one: the path of an operator to themselves.</summary>
    private static string? Own(TestCaller? who) =>
        who?.Id.Contains("/operator/", StringComparison.Ordinal) is true ? $"/v1/operators/{Staff.NameOf(who)}" : null;

    private static JsonElement Key()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return JsonElement.Parse(Jwk.FromEcdsa(key).ToJson());
    }

    private object Question() => new
    {
        subject = new { type = "agent", id = world.Agent.Id },
        action = new { name = "orders:read" },
        resource = new { type = "resource", id = world.Orders.Name },
    };

    /// <summary>A refusal of the world's agent.</summary>
    private async Task<string> DecisionAsync() =>
        (await world.Agent.TokenAsync(("task", await TaskAsync()), ("scope", "orders:purge@nowhere")))["decision_id"]!;

    private async Task<string> TaskAsync() => (await world.TaskAsync()).Id;

    private async Task<string> IdentityIdAsync(string status = IdentityStatus.Active) =>
        (await broker.Seed.IdentityAsync(Seed.Name("agent/target"), [], row => row with { Status = status })).Id;

    private async Task<string> IdentityAsync(string status = IdentityStatus.Active) =>
        $"/v1/identities/{(await IdentityIdAsync(status))["spiffe://example.org/".Length..]}";

    private async Task<string> IdentityKeyAsync()
    {
        var id = await IdentityIdAsync();
        var keys = await new PrincipalKeyStore(broker.Wiring.Database).OfAsync(id);
        return $"/v1/identities/{id["spiffe://example.org/".Length..]}/keys/{keys[0].Id}";
    }

    private async Task<string> ResourceAsync() =>
        $"/v1/resources/{(await broker.Seed.ResourceAsync(Seed.Name("target"), "a:b")).Name}";

    private async Task<string> WorkflowAsync() =>
        $"/v1/workflows/{(await broker.Seed.WorkflowAsync(Seed.Name("target"), [world.Agent], [])).Name}";

    private async Task<string> OperatorAsync() => $"/v1/operators/{Staff.NameOf(await PersonAsync())}";

    private Task<TestCaller> PersonAsync() =>
        broker.Seed.OperatorAsync(Seed.Name("target"), OperatorRole.Viewer, Staff.Team);

    private async Task<string> OperatorKeyAsync()
    {
        var person = await PersonAsync();
        var keys = await new PrincipalKeyStore(broker.Wiring.Database).OfAsync(person.Id);
        return $"/v1/operators/{Staff.NameOf(person)}/keys/{keys[0].Id}";
    }

    private async Task<(string Path, object? Body)> AtApprovalAsync(string[] route) => (
        route[1].Replace("{id}", await ApprovalAsync(), StringComparison.Ordinal),
        route[0] is "POST" ? new { } : null);

    private async Task<string> ApprovalAsync()
    {
        var now = broker.Now;
        var row = new ApprovalRow
        {
            Id = broker.Wiring.Ids.Next("apr"),
            Kind = "token.issue",
            Digest = Seed.Name("digest"),
            Policy = "p",
            Requester = Seed.Name("spiffe://example.org/agent/x"),
            Subject = "spiffe://example.org/agent/x",
            Team = Staff.Team,
            Shown = "{}",
            Approvers = "[]",
            Barred = "[]",
            Because = "test",
            WindowSeconds = 60,
            Status = "pending",
            CreatedAt = now.ToMicros(),
            ExpiresAt = now.AddHours(1).ToMicros(),
        };
        await broker.Seed.ApplyAsync(async tx => (await ApprovalStore.WishAsync(tx, row, null)).Failure);
        return row.Id;
    }

    private async Task<string> HoldAsync()
    {
        var row = new HoldRow
        {
            Id = broker.Wiring.Ids.Next("hold"),
            ByWhom = "o",
            At = broker.Now.ToMicros(),
            Because = "test",
            Task = "task_x",
        };
        await broker.Seed.ApplyAsync(tx => HoldStore.InsertAsync(tx, row));
        return row.Id;
    }

    private async Task<string> ErasureAsync()
    {
        var row = new ErasureRow
        {
            Id = broker.Wiring.Ids.Next("erase"),
            ByWhom = "o",
            At = broker.Now.ToMicros(),
            Task = "task_y",
            Head = 1,
        };
        await broker.Seed.ApplyAsync(async tx =>
        {
            await ErasureStore.InsertAsync(tx, row);
            return null;
        });
        return row.Id;
    }

    private async Task<string> FindingAsync()
    {
        var now = broker.Now.ToMicros();
        var row = new FindingRow
        {
            Id = broker.Wiring.Ids.Next("find"),
            Kind = "test",
            Subject = Seed.Name("subject"),
            Owner = "owner",
            Team = Staff.Team,
            Message = "test",
            Severity = "low",
            FirstSeen = now,
            LastSeen = now,
        };
        await broker.Seed.ApplyAsync(async tx =>
        {
            await FindingStore.RaiseAsync(tx, row);
            return null;
        });
        return row.Id;
    }

    private async Task<string> SigningKeyAsync()
    {
        var (row, store) = broker.Wiring.Rotation.Prepare(Keys.KeyPurpose.Feed, broker.Now.AddDays(1));
        await broker.Seed.ApplyAsync(((Claim.Effect)store).Apply);
        await broker.Wiring.Keys.ReloadAsync();
        return row.Kid;
    }
}
