using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Writ.Server.Audit;
using Writ.Server.Storage;

namespace Writ.Server.Tests;

/// <summary>A record is a core that stays, and a detail that the core commits to and that can be erased.</summary>
public sealed class RecordBodyTests
{
    private const string Agent = "spiffe://example.org/agent/billing";
    private static readonly DateTimeOffset At = DateTimeOffset.UnixEpoch.AddDays(20_000);

    [Fact]
    public void Core_has_machines_and_ids_in_canonical_order()
    {
        var written = Write(new AuditEvent
        {
            Kind = "token.issue",
            Actor = Agent,
            Subject = "spiffe://example.org/workload/b",
            Task = "task_01hxyz0123456789abcdefgh00",
            Jti = "at_1",
            ExpiresAt = 7,
            RequestId = "req_1",
            DecisionId = "dec_1",
        }.With("scope", "orders:read@shop"));

        var text = Encoding.UTF8.GetString(written.Core);
        Assert.StartsWith(
            $$"""{"actor":"{{Agent}}","at":1728000000000000,"decision_id":"dec_1","detail_hash":""", text,
            StringComparison.Ordinal);
        Assert.EndsWith(
            ""","expires_at":7,"jti":"at_1","kind":"token.issue","outcome":"allow","request_id":"req_1" """.TrimEnd()
            + ""","subject":"spiffe://example.org/workload/b","task":"task_01hxyz0123456789abcdefgh00","v":2}""",
            text, StringComparison.Ordinal);
        Assert.Equal("""{"detail":{"scope":"orders:read@shop"}}""", DetailOf(written));
    }

    [Theory]
    [InlineData("spiffe://example.org/user/corp/alice")]
    [InlineData("spiffe://example.org/User/corp/alice")]
    [InlineData("spiffe://elsewhere.example/operator/op_1")]
    [InlineData("alice@example.org")]
    [InlineData("spiffe://example.org/agent/alice smith")]
    [InlineData("spiffe://alice")]
    [InlineData("spiffe://corp.example/people/alice")]
    [InlineData("")]
    public void Person_or_who_may_be_one_is_not_in_the_core(string name)
    {
        var written = Write(new AuditEvent { Kind = "task.end", Actor = name, Subject = name, Task = "of alice" });

        Assert.Equal(
            $$"""{"actor":"{{name}}","subject":"{{name}}","task":"of alice"}""", DetailOf(written));
        var core = JsonElement.Parse(written.Core);
        Assert.Equal(
            ["at", "detail_hash", "kind", "outcome", "v"], core.EnumerateObject().Select(m => m.Name));
    }

    [Theory]
    [InlineData("writ")]
    [InlineData("bootstrap")]
    [InlineData(Agent)]
    public void What_is_no_person_needs_no_detail(string name)
    {
        var written = Write(new AuditEvent { Kind = "task.end", Actor = name });

        Assert.Null(written.Detail);
        Assert.False(Row(written).IsErased);
        Assert.Equal(name, JsonElement.Parse(written.Core).GetProperty("actor").GetString());
    }

    [Fact]
    public void Core_commits_to_the_detail_with_a_salt_of_its_own()
    {
        var e = new AuditEvent { Kind = "task.end", Actor = "alice" };

        var written = Enumerable.Range(0, 200).Select(_ => Write(e)).ToArray();

        Assert.Equal(200, written.Select(w => Convert.ToHexString(w.Detail.AsSpan(0, 16))).Distinct().Count());
        foreach (var one in written)
            Assert.Equal(
                Base64Url.EncodeToString(SHA256.HashData(one.Detail!)),
                JsonElement.Parse(one.Core).GetProperty("detail_hash").GetString());
    }

    [Fact]
    public void Whole_record_is_both_and_of_an_erased_one_the_core_is_left()
    {
        var written = Write(new AuditEvent { Kind = "task.end", Actor = "alice" }.With("because", "“é” <&>"));

        var whole = JsonElement.Parse(Row(written).Body);
        Assert.Equal("alice", whole.GetProperty("actor").GetString());
        Assert.Equal("“é” <&>", whole.GetProperty("detail").GetProperty("because").GetString());
        Assert.Equal("task.end", whole.GetProperty("kind").GetString());

        var erased = Row(written with { Detail = null });
        Assert.True(erased.IsErased);
        Assert.Equal(written.Core, erased.Body);
        Assert.DoesNotContain("alice", Encoding.UTF8.GetString(erased.Core), StringComparison.Ordinal);
    }

    [Fact]
    public void Text_cannot_make_a_record_look_erased()
    {
        var written = Write(new AuditEvent { Kind = "x", DecisionId = "\",\"detail_hash\":\"", Actor = Agent });

        Assert.Null(written.Detail);
        Assert.False(Row(written).IsErased);
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Log_of_an_older_build_is_all_core(Engine engine)
    {
        await using var store = await TestStore.CreateAsync(engine);
        await using var database = store.Open(TimeProvider.System);
        await database.MigrateAsync(9);
        var old = Encoding.UTF8.GetBytes("""{"actor":"alice","at":1,"kind":"k","outcome":"allow","v":1}""");
        await database.WriteAsync(async tx =>
        {
            await tx.ExecuteAsync("INSERT INTO record (idx, body) VALUES (0, @old)", new { old });
            return await tx.ExecuteAsync("UPDATE log_head SET next = 1");
        });
        await database.MigrateAsync();
        var written = Write(new AuditEvent { Kind = "k", Actor = "bob" });

        await database.WriteAsync(tx => tx.InsertRecordsAsync([written, new RecordBytes(old)]));

        var rows = await new RecordStore(database).FromAsync(0, 10);
        Assert.Equal([0L, 1L, 2L], rows.Select(r => r.Idx));
        Assert.Equal(old, rows[0].Body);
        Assert.Null(rows[2].Detail);
        Assert.Equal(written.Core, rows[1].Core);
        Assert.Equal(written.Detail, rows[1].Detail);
        Assert.Equal("alice", RecordBody.Index(rows[0]).Actor);
        Assert.Equal("bob", RecordBody.Index(rows[1]).Actor);
        Assert.DoesNotContain(rows, r => r.IsErased);
    }

    private static RecordBytes Write(AuditEvent e) => RecordBody.Write(e, "allow", null, null, At);

    private static string DetailOf(RecordBytes written) => Encoding.UTF8.GetString(written.Detail.AsSpan(16));

    private static RecordRow Row(RecordBytes written) =>
        new() { Idx = 0, Core = written.Core, Detail = written.Detail };
}
