using System.Text;
using Writ.Testing;

namespace Writ.Server.Tests.Governance;

/// <summary>
/// The endpoints at which clients prove themselves by a key × every kind of client, against <c>client-matrix.txt</c>:
/// what each gets of a task and a token of somebody else's, in the team <c>payments</c>.
/// </summary>
public sealed class ClientMatrixTests
{
    private const string Golden = "tests/Writ.Server.Tests/Governance/client-matrix.txt";

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Every_kind_of_client_is_answered_as_the_table_says(Engine engine)
    {
        await using var broker = await TestBroker.StartAsync(engine);
        var staff = await Staff.HireAsync(broker);
        var world = await broker.Seed.WorldAsync();
        (string Name, TestCaller Who)[] callers =
        [
            ("a stranger's key", world.Agent.WithAnotherKey()),
            ("agent", await broker.Seed.IdentityAsync(Seed.Name("agent/outsider"), [world.Grant()])),
            ("workload", await broker.Seed.IdentityAsync(
                Seed.Name("workload/api"), [world.Grant()], row => row with { Kind = "workload" })),
            ("viewer", staff.Viewer), ("other team", staff.Stranger), ("owner", staff.Owner),
            ("its own client", world.Agent),
        ];
        var table = new StringBuilder();
        foreach (var (name, who) in callers)
        {
            var task = await world.TaskAsync();
            world.Agent.TakeNonce();
            var token = (await world.Agent.TokenAsync(("task", task.Id), ("scope", world.Grant()))).AccessToken;
            who.TakeNonce();
            table.Append(name).Append('\n');
            Row("a token for management", await who.TokenAsync(("resource", broker.Issuer)));
            Row("a token of the task", await who.TokenAsync(("task", task.Id), ("scope", world.Grant())));
            Row("introspection", await who.PostFormAsync("/oauth/introspect", ("grant_type", ""), ("token", token)));
            Row("revocation", await who.PostFormAsync("/oauth/revoke", ("grant_type", ""), ("token", token)));
            var dead = broker.Wiring.TokenCallers.ReadAny(token) is null;
            table.Append("  and the token is").Append(dead ? " dead\n" : " alive\n");
        }

        var expected = await File.ReadAllTextAsync(Repository.At(Golden));
        Assert.True(expected == table.ToString(), $"It is another table now:\n{table}");

        void Row(string what, Reply reply) => table.Append("  ").Append(what.PadRight(24)).Append(reply.Status)
            .Append(reply.Status < 300 ? "" : $" {reply.Code}").Append('\n');
    }
}
