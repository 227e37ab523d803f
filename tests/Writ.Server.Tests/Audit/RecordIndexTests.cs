using System.Security.Cryptography;
using Writ.Server.Audit;
using Writ.Server.Storage;
using Writ.Testing;

namespace Writ.Server.Tests;

/// <summary>The search index goes on, whatever texts callers manage to get into a record.</summary>
public sealed class RecordIndexTests(SharedBrokers brokers) : IClassFixture<SharedBrokers>
{
    // What does not compress, beyond what PostgreSQL takes in a key of an index (2704 bytes).
    private static string Junk => RandomNumberGenerator.GetHexString(6_000);

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Agent_that_is_no_id_of_ours_is_refused(Engine engine)
    {
        var broker = await brokers.OfAsync(engine);
        var world = await broker.Seed.WorldAsync();
        foreach (var agent in new[] { Junk, "", "agent/x", "spiffe://else.org/agent/x", "spiffe://example.org/a b" })
            await Attempt.IsRefusedAsync(
                broker,
                () => world.Agent.PostAsync(
                    "/v1/tasks", new { workflow = world.Workflow.Name, purpose = "x", agent }),
                400, "invalid_request");
        await Attempt.IsRefusedAsync(
            broker, () => world.Agent.PostAsync("/v1/tasks", new { workflow = Junk, purpose = "x" }),
            400, "invalid_request");
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Task_name_without_end_does_not_stop_the_index(Engine engine)
    {
        var broker = await brokers.OfAsync(engine);
        var world = await broker.Seed.WorldAsync();
        var task = await world.TaskAsync();

        foreach (var name in new[] { Junk, Junk[..128] })
            Assert.Equal(400, (await world.Agent.TokenAsync(("task", name), ("scope", world.Grant()))).Status);

        Assert.Equal(200, (await world.Agent.TokenAsync(("task", task.Id), ("scope", world.Grant()))).Status);
        await IsFoundAsync(broker, task.Id);
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task No_text_of_a_record_stops_the_index(Engine engine)
    {
        var broker = await brokers.OfAsync(engine);
        var world = await broker.Seed.WorldAsync();
        var task = await world.TaskAsync();
        // The last unit that fits would be half of a character; and one that no text column of PostgreSQL takes.
        foreach (var text in new[] { Junk, new string('x', 511) + "😀😀", "a\0b", new string('\u20ac', 5000) })
            await broker.Wiring.Audit.RefuseAsync(
                new AuditEvent
                {
                    Kind = "test",
                    DecisionId = text,
                    Actor = text,
                    Subject = text,
                    Task = text,
                    Jti = text,
                },
                []);

        Assert.Equal(200, (await world.Agent.TokenAsync(("task", task.Id), ("scope", world.Grant()))).Status);

        await IsFoundAsync(broker, task.Id);
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Long_text_is_still_found(Engine engine)
    {
        var broker = await brokers.OfAsync(engine);
        var subject = $"spiffe://example.org/agent/{Junk}";
        await broker.Wiring.Audit.RefuseAsync(new AuditEvent { Kind = "test", Subject = subject }, []);

        await Wait.UntilAsync(
            async () => (await FindAsync(broker, new RecordFilter { Identity = subject, Limit = 10 })).Count == 1,
            "the record is found");
    }

    private static Task IsFoundAsync(TestBroker broker, string task) => Wait.UntilAsync(
        async () => (await FindAsync(
            broker, new RecordFilter { Task = task, Kind = "token.issue", Limit = 10 })).Count == 1,
        "a later record is found");

    private static async Task<IReadOnlyList<RecordRow>> FindAsync(TestBroker broker, RecordFilter filter)
    {
        await new RecordIndexer(broker.Wiring.Database).RunAsync();
        return await new RecordStore(broker.Wiring.Database).ListAsync(filter);
    }
}
