using System.Text.Json;
using Writ.Server.Storage;
using static Writ.Server.Tests.Inventory.IdentityTests;

namespace Writ.Server.Tests.Governance;

/// <summary>Operators: invited by owners, within their scope, and never without the last one.</summary>
public sealed class OperatorTests(SharedBrokers brokers) : IClassFixture<SharedBrokers>
{
    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Invited_operator_enrols_and_acts_within_the_role_that_the_code_gave(Engine engine)
    {
        var broker = await brokers.OfAsync(engine);
        var staff = await Staff.HireAsync(broker);
        var name = Seed.Name("bob");
        var bob = new TestCaller(broker, $"spiffe://example.org/operator/{name}");

        var invited = await InviteAsync(staff.Owner, name, "viewer", Staff.Team);
        var enrolled = await BootstrapTests.EnrolAsync(broker, bob, invited["code"]!, null);

        Assert.Equal(201, invited.Status);
        Assert.Equal(("viewer", Staff.Team), (enrolled["role"], enrolled["team"]));
        Assert.Equal(200, (await bob.GetAsync("/v1/identities")).Status);
        Assert.Equal(403, (await CreateAsync(bob, Seed.Name("agent/x"))).Status);
        var again = await BootstrapTests.EnrolAsync(broker, new TestCaller(broker, bob.Id), invited["code"]!, null);
        Assert.Equal("code_invalid", again.Code);
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Nobody_gives_a_role_beyond_their_own(Engine engine)
    {
        var broker = await brokers.OfAsync(engine);
        var staff = await Staff.HireAsync(broker);
        var teamOwner = await broker.Seed.OperatorAsync(Seed.Name("team-owner"), OperatorRole.Owner, Staff.Team);

        Assert.Equal("outside_team", (await InviteAsync(teamOwner, Seed.Name("eve"), "owner", null)).Code);
        Assert.Equal("outside_team", (await InviteAsync(teamOwner, Seed.Name("eve"), "viewer", Staff.OtherTeam)).Code);
        Assert.Equal(201, (await InviteAsync(teamOwner, Seed.Name("eve"), "owner", Staff.Team)).Status);
        Assert.Equal(403, (await InviteAsync(staff.Operator, Seed.Name("eve"), "viewer", Staff.Team)).Status);
        Assert.Equal("beyond_own_scope", (await ChangeAsync(teamOwner, teamOwner, new { whole_domain = true })).Code);
        var elsewhere = new { team = Staff.OtherTeam };
        Assert.Equal("beyond_own_scope", (await ChangeAsync(teamOwner, teamOwner, elsewhere)).Code);
        Assert.Equal("outside_team", (await ChangeAsync(teamOwner, staff.Stranger, new { team = Staff.Team })).Code);
        Assert.Equal("outside_team", (await ChangeAsync(teamOwner, staff.Owner, new { role = "viewer" })).Code);
        Assert.Equal(403, (await ChangeAsync(staff.Operator, staff.Operator, new { role = "owner" })).Status);
        Assert.Equal(403, (await ChangeAsync(staff.Operator, staff.Operator, new { team = Staff.OtherTeam })).Status);
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Role_that_was_taken_is_felt_at_once_by_tokens_that_are_out(Engine engine)
    {
        var broker = await brokers.OfAsync(engine);
        var staff = await Staff.HireAsync(broker);
        var token = await staff.Operator.ManagementTokenAsync();
        var body = new { name = Seed.Name("agent/x"), kind = "agent", purpose = "x" };

        await ChangeAsync(staff.Owner, staff.Operator, new { role = "viewer" });

        var reply = await staff.Operator.CallAsync(HttpMethod.Post, "/v1/identities", body, token);
        Assert.Equal((403, "role_too_low"), StatusOf(reply));
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Removed_operator_is_out_and_what_they_owned_is_found(Engine engine)
    {
        var broker = await brokers.OfAsync(engine);
        var staff = await Staff.HireAsync(broker);
        var name = Seed.Name("agent/x");
        await CreateAsync(staff.Operator, name);
        var token = await staff.Operator.ManagementTokenAsync();
        var path = $"/v1/operators/{Staff.NameOf(staff.Operator)}";

        Assert.Equal(204, (await staff.Owner.CallAsync(HttpMethod.Delete, path)).Status);

        Assert.Equal(401, (await staff.Operator.CallAsync(HttpMethod.Get, "/v1/tasks", null, token)).Status);
        Assert.Equal(401, (await staff.Operator.TokenAsync(("resource", broker.Issuer))).Status);
        var found = await staff.Viewer.GetAsync($"/v1/findings?kind=orphaned&subject=spiffe://example.org/{name}");
        Assert.Equal(1, found.Json.GetProperty("items").GetArrayLength());
        Assert.Equal("decommissioned", (await staff.Owner.GetAsync(path))["status"]);
        Assert.Equal((409, "conflict"), StatusOf(
            await InviteAsync(staff.Owner, Staff.NameOf(staff.Operator), "operator", Staff.Team)));
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Codes_of_a_removed_owner_are_worth_nothing(Engine engine)
    {
        var broker = await brokers.OfAsync(engine);
        var staff = await Staff.HireAsync(broker);
        var second = await broker.Seed.OperatorAsync(Seed.Name("second"));
        var code = (await InviteAsync(second, Seed.Name("back-door"), "owner", null))["code"]!;

        await staff.Owner.CallAsync(HttpMethod.Delete, $"/v1/operators/{Staff.NameOf(second)}");

        var late = await BootstrapTests.EnrolAsync(broker, new TestCaller(broker, "-"), code, null);
        Assert.Equal("code_invalid", late.Code);
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Codes_are_withdrawn_with_the_power_that_made_them(Engine engine)
    {
        var broker = await brokers.OfAsync(engine);
        var staff = await Staff.HireAsync(broker);
        Func<TestCaller, Task<Reply>>[] losses =
        [
            maker => ChangeAsync(staff.Owner, maker, new { role = "operator" }),
            maker => ChangeAsync(staff.Owner, maker, new { team = Staff.OtherTeam }),
            async maker => await staff.Owner.CallAsync(
                HttpMethod.Delete, $"/v1/operators/{Staff.NameOf(maker)}/keys/{await KeyAsync(broker, maker)}"),
        ];
        foreach (var lose in losses)
        {
            var maker = await broker.Seed.OperatorAsync(Seed.Name("maker"), OperatorRole.Owner, Staff.Team);
            var code = (await InviteAsync(maker, Seed.Name("accomplice"), "owner", Staff.Team))["code"]!;

            Assert.InRange((await lose(maker)).Status, 200, 204);

            var late = await BootstrapTests.EnrolAsync(broker, new TestCaller(broker, "-"), code, null);
            Assert.Equal((403, "code_invalid"), StatusOf(late));
        }
    }

    // Else a name that somebody is to have with more power could be enrolled by somebody else with less, and raised.
    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Code_is_replaced_by_those_alone_who_could_have_made_it(Engine engine)
    {
        await using var broker = await TestBroker.StartAsync(engine);
        var owner = await broker.Seed.OperatorAsync("owner");
        var mallory = await broker.Seed.OperatorAsync("mallory", OperatorRole.Owner, Staff.Team);
        var first = await InviteAsync(owner, "alice", "owner", null);

        Assert.Equal((409, "conflict"), StatusOf(await InviteAsync(mallory, "alice", "viewer", Staff.Team)));

        var alice = new TestCaller(broker, "spiffe://example.org/operator/alice");
        Assert.Equal(201, (await BootstrapTests.EnrolAsync(broker, alice, first["code"]!, null)).Status);
        var lesser = await InviteAsync(mallory, "bob", "viewer", Staff.Team);
        Assert.Equal(201, (await InviteAsync(owner, "bob", "owner", null)).Status);
        var late = await BootstrapTests.EnrolAsync(broker, new TestCaller(broker, "-"), lesser["code"]!, null);
        Assert.Equal("code_invalid", late.Code);
        // A code that nobody used keeps the name for no longer than it lives.
        await broker.AdvanceAsync(TimeSpan.FromMinutes(16));
        Assert.Equal(201, (await InviteAsync(mallory, "bob", "viewer", Staff.Team)).Status);
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Who_gives_power_sees_the_keys_that_get_it(Engine engine)
    {
        var broker = await brokers.OfAsync(engine);
        var staff = await Staff.HireAsync(broker);

        var raised = await ChangeAsync(staff.Owner, staff.Viewer, new { role = "owner" });

        var key = Assert.Single(raised.Json.GetProperty("keys").EnumerateArray());
        Assert.Equal(staff.Viewer.PublicKey.Thumbprint, key.GetProperty("thumbprint").GetString());
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Code_gives_what_its_maker_could_give_now(Engine engine)
    {
        var broker = await brokers.OfAsync(engine);
        var staff = await Staff.HireAsync(broker);
        var elsewhere = await broker.Seed.OperatorAsync(Seed.Name("owner"), OperatorRole.Owner, Staff.OtherTeam);
        var nobody = new TestCaller(broker, "spiffe://example.org/operator/nobody");
        // However such codes came to be: a race, a bug, a hand in the store.
        foreach (var maker in new[] { staff.Viewer, staff.Operator, elsewhere, nobody })
        {
            var record = await Attempt.IsRefusedAsync(
                broker, async () => await UseAsync(await CodeOfAsync(maker)), 403, "code_invalid");
            Assert.Equal("operator.enrol", record.GetProperty("kind").GetString());
            Assert.StartsWith("dec_", record.GetProperty("decision_id").GetString(), StringComparison.Ordinal);
        }
        Assert.Equal(201, (await UseAsync(await CodeOfAsync(staff.Owner))).Status);

        async Task<string> CodeOfAsync(TestCaller maker)
        {
            var (code, row) = Server.Governance.EnrolmentCodes.Make(
                Seed.Name("eve"), OperatorRole.Viewer, Staff.Team, maker.Id, broker.Now);
            await broker.Seed.ApplyAsync(async tx => { await EnrolmentStore.InsertAsync(tx, row); return null; });
            return code;
        }

        Task<Reply> UseAsync(string code) =>
            BootstrapTests.EnrolAsync(broker, new TestCaller(broker, "-"), code, null);
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Codes_that_have_ended_are_forgotten(Engine engine)
    {
        await using var broker = await TestBroker.StartAsync(engine);
        var owner = await broker.Seed.OperatorAsync("owner");
        var head = await broker.HeadAsync();
        Assert.Equal(201, (await InviteAsync(owner, "bob", "viewer", null)).Status);
        Assert.Contains(
            await broker.RecordsAsync(head), r => r.GetProperty("kind").GetString() == "operator.invite");

        await broker.AdvanceAsync(TimeSpan.FromMinutes(16));

        await Testing.Wait.UntilAsync(
            async () => await broker.Wiring.Database.FirstAsync<long>("SELECT COUNT(*) FROM enrolment") == 0,
            "no code is kept");
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Tokens_end_with_a_key_that_is_revoked(Engine engine)
    {
        await using var broker = await TestBroker.StartAsync(engine);
        var staff = await Staff.HireAsync(broker);
        var token = await staff.Operator.ManagementTokenAsync();
        var path = $"/v1/operators/{Staff.NameOf(staff.Operator)}/keys";
        var successor = new TestCaller(broker, staff.Operator.Id);
        var body = new { kind = "jwk", jwk = JsonElement.Parse(successor.PublicKey.ToJson()) };
        Assert.Equal(201, (await staff.Operator.PostAsync(path, body)).Status);

        var revoked = await staff.Owner.CallAsync(
            HttpMethod.Delete, $"{path}/{await KeyAsync(broker, staff.Operator)}");

        Assert.Equal(204, revoked.Status);
        Assert.Equal(401, (await staff.Operator.CallAsync(HttpMethod.Get, "/v1/tasks", null, token)).Status);
        Assert.Equal("too_soon", (await successor.TokenAsync(("resource", broker.Issuer))).Code);
        await broker.AdvanceAsync(TimeSpan.FromSeconds(8));
        Assert.Equal(200, (await successor.GetAsync("/v1/tasks")).Status);
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Last_owner_of_the_domain_neither_leaves_nor_steps_down(Engine engine)
    {
        await using var broker = await TestBroker.StartAsync(engine);
        var owner = await broker.Seed.OperatorAsync("owner");
        await broker.Seed.OperatorAsync("team-owner", OperatorRole.Owner, Staff.Team); // counts for nothing

        Assert.Equal((409, "last_owner"), StatusOf(await owner.CallAsync(HttpMethod.Delete, "/v1/operators/owner")));
        Assert.Equal((409, "last_owner"), StatusOf(await ChangeAsync(owner, owner, new { role = "operator" })));
        Assert.Equal((409, "last_owner"), StatusOf(await ChangeAsync(owner, owner, new { team = Staff.Team })));
        await broker.Seed.OperatorAsync("second");
        Assert.Equal(200, (await ChangeAsync(owner, owner, new { role = "operator" })).Status);
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Two_owners_who_remove_each_other_do_not_both_succeed(Engine engine)
    {
        await using var broker = await TestBroker.StartAsync(engine);
        // On PostgreSQL two replicas: their transactions do meet.
        await using var replica = engine == Engine.Postgres
            ? await TestBroker.StartAsync(broker.Store, broker.Clock)
            : null;
        for (var round = 0; round < 3; round++)
        {
            var (a, b) = (Seed.Name("a"), Seed.Name("b"));
            var first = await broker.Seed.OperatorAsync(a);
            var second = (await broker.Seed.OperatorAsync(b)).At(replica ?? broker);
            var tokens = await Task.WhenAll(first.ManagementTokenAsync(), second.ManagementTokenAsync());

            await Task.WhenAll(
                first.CallAsync(HttpMethod.Delete, $"/v1/operators/{b}", null, tokens[0]),
                second.CallAsync(HttpMethod.Delete, $"/v1/operators/{a}", null, tokens[1]));

            var all = await new OperatorStore(broker.Wiring.Database).ListAsync(new OperatorFilter(null, null, 100));
            var left = all.Count(o => o is { Role: OperatorRole.Owner, Team: null, Status: IdentityStatus.Active });
            Assert.True(left >= 1, $"round {round}: nobody is left");
            foreach (var one in all)
                await broker.Seed.ApplyAsync(async tx =>
                {
                    await tx.ExecuteAsync("DELETE FROM operator WHERE id = @Id", new { one.Id });
                    return null;
                });
        }
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Operators_rotate_their_own_keys_and_nobody_elses(Engine engine)
    {
        var broker = await brokers.OfAsync(engine);
        var staff = await Staff.HireAsync(broker);
        var successor = new TestCaller(broker, staff.Viewer.Id);
        var body = new { kind = "jwk", jwk = JsonElement.Parse(successor.PublicKey.ToJson()) };
        var path = $"/v1/operators/{Staff.NameOf(staff.Viewer)}/keys";

        Assert.Equal((403, "not_yours"), StatusOf(await staff.Owner.PostAsync(path, body)));
        Assert.Equal((403, "not_yours"), StatusOf(await staff.Operator.PostAsync(path, body)));
        var added = await staff.Viewer.PostAsync(path, body);
        Assert.True(added.Status == 201, added.Text);
        Assert.Equal(200, (await successor.GetAsync("/v1/operators")).Status);
        Assert.Equal(403, (await staff.Operator.CallAsync(HttpMethod.Delete, $"{path}/{added["id"]}")).Status);
        Assert.Equal(204, (await staff.Owner.CallAsync(HttpMethod.Delete, $"{path}/{added["id"]}")).Status);
        Assert.Equal(401, (await new TestCaller(broker, "-").TokenAsync(("resource", broker.Issuer))).Status);
        Assert.Equal(401, (await successor.TokenAsync(("resource", broker.Issuer))).Status);
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Team_sees_its_own_operators(Engine engine)
    {
        var broker = await brokers.OfAsync(engine);
        var staff = await Staff.HireAsync(broker);

        var seen = (await staff.Stranger.GetAsync("/v1/operators")).Json.GetProperty("items").EnumerateArray();

        Assert.All(seen, o => Assert.Equal(Staff.OtherTeam, o.GetProperty("team").GetString()));
        var other = await staff.Stranger.GetAsync($"/v1/operators/{Staff.NameOf(staff.Viewer)}");
        Assert.Equal("outside_team", other.Code);
    }

    /// <summary>The key that somebody uses.</summary>
    private static async Task<string> KeyAsync(TestBroker broker, TestCaller person) =>
        (await new PrincipalKeyStore(broker.Wiring.Database).OfAsync(person.Id))
            .Single(k => k.Thumbprint == person.PublicKey.Thumbprint).Id;

    private static Task<Reply> InviteAsync(TestCaller caller, string name, string role, string? team) =>
        caller.PostAsync("/v1/operators/enrolments", new { name, role, team });

    private static Task<Reply> ChangeAsync(TestCaller caller, TestCaller whom, object body) =>
        PatchAsync(caller, $"/v1/operators/{Staff.NameOf(whom)}", body);
}
