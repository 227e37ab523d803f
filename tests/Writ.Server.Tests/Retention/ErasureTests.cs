using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Writ.Server.Audit;
using Writ.Server.Retention;
using Writ.Server.Storage;
using Writ.Testing;

namespace Writ.Server.Tests;

/// <summary>What somebody asked to be erased goes everywhere, in steps; what is held stays; names are whole.</summary>
public sealed class ErasureTests
{
    private const string Alice = "spiffe://example.org/user/corp/alice";
    private const string Agent = "spiffe://example.org/agent/billing";

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Person_is_erased_wherever_they_are_told_of(Engine engine)
    {
        await using var world = await ErasureWorld.OpenAsync(engine);
        var task = world.Log.Work("task_a") with { OnBehalfOf = Alice, OpenedBy = Alice, Purpose = "for alice" };
        await world.AppendAsync(
            new AuditEvent { Kind = "task.start", Actor = Alice, Task = task.Id }, new Claim.OpenTask(task));
        await world.AppendAsync(
            new AuditEvent { Kind = "task.end", Actor = "writ", Subject = Agent, Task = task.Id }.With("why", "alice"));
        await world.AppendAsync(new AuditEvent { Kind = "x.b", Actor = Agent, Subject = Alice });
        await world.AppendAsync(
            new AuditEvent { Kind = "x.c", Actor = Agent }.With("policy_input", $$"""[{"id":"{{Alice}}"}]"""));
        await world.AppendAsync(new AuditEvent { Kind = "x.d", Actor = Agent }.With("target", Alice + "/2"));
        await world.AppendAsync(new AuditEvent { Kind = "audit.erase", Actor = Alice });
        world.Log.Time.Advance(TimeSpan.FromHours(9));

        var id = await world.AskAsync(new RecordSelection { Who = Alice });
        Assert.Equal(4, await world.Requested.RunAsync());

        await world.IsErasedAsync(0, 1, 2, 3);
        await ErasureWorld.IsForgottenAsync(world.Log.Inner);
        var text = await ErasureWorld.TextAsync(world.Log.Inner);
        Assert.DoesNotContain("alice", text.Replace(Alice + "/2", "", StringComparison.Ordinal),
            StringComparison.Ordinal);
        var row = await world.FindAsync(id);
        Assert.True(row is { DoneAt: not null, Erased: 4, Held: 0, Who: null });
        Assert.Equal(0, await world.Requested.RunAsync());
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task What_a_hold_covers_is_passed_by_however_it_is_found(Engine engine)
    {
        await using var world = await ErasureWorld.OpenAsync(engine);
        await world.AppendAsync(new AuditEvent { Kind = "x.a", Actor = Alice }.With("with", "bob@example.org"));
        await world.AppendAsync(new AuditEvent { Kind = "x.a", Actor = Alice });
        await world.HoldAsync(world.Hold("hold_1", "bob@example.org"));

        var id = await world.AskAsync(new RecordSelection { Who = Alice });
        await world.Requested.RunAsync();

        await world.IsErasedAsync(1);
        Assert.Equal(1, (await world.FindAsync(id)).Held);
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Hold_that_comes_between_look_and_erasure_holds(Engine engine)
    {
        await using var world = await ErasureWorld.OpenAsync(engine);
        await world.AppendAsync(new AuditEvent { Kind = "x.a", Actor = Alice });
        await world.AskAsync(new RecordSelection { Who = Alice });
        // The store takes no write of the erasure's until the hold is there.
        var gate = new TaskCompletionSource();
        world.Log.Database.Gate = gate.Task;
        var run = world.Requested.RunAsync();
        await Wait.UntilAsync(() => world.Log.Database.Writes > 0, "the erasure has looked");
        await world.HoldAsync(world.Hold("hold_1", Alice));
        gate.SetResult();

        Assert.Equal(0, await run);
        await world.IsErasedAsync();
        await world.Requested.RunAsync();
        await world.IsErasedAsync();
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task What_is_alive_is_erased_once_it_has_ended(Engine engine)
    {
        await using var world = await ErasureWorld.OpenAsync(engine);
        await world.AppendAsync(new AuditEvent
        {
            Kind = "token.issue",
            Actor = Agent,
            Jti = "at_1",
            ExpiresAt = (world.Log.Now + TimeSpan.FromMinutes(15)).ToMicros(),
        }.With("for", Alice));
        await world.AppendAsync(new AuditEvent { Kind = "x.a", Actor = Alice });

        var id = await world.AskAsync(new RecordSelection { Who = Alice });
        Assert.Equal(1, await world.Requested.RunAsync());
        Assert.Null((await world.FindAsync(id)).DoneAt);
        Assert.Equal(0, await world.Requested.RunAsync());

        world.Log.Time.Advance(TimeSpan.FromMinutes(70));
        Assert.Equal(1, await world.Requested.RunAsync());
        await world.IsErasedAsync(0, 1);
        Assert.NotNull((await world.FindAsync(id)).DoneAt);
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Selections_take_what_all_of_them_cover(Engine engine)
    {
        await using var world = await ErasureWorld.OpenAsync(engine);
        var parent = world.Log.Work("task_p");
        var child = world.Log.Work("task_c") with { Parent = "task_p", Ancestors = "task_p" };
        await world.AppendAsync(
            new AuditEvent { Kind = "task.start", Actor = Alice, Task = "task_p" }, new Claim.OpenTask(parent));
        await world.AppendAsync(
            new AuditEvent { Kind = "task.start", Actor = Alice, Task = "task_c" }, new Claim.OpenTask(child));
        world.Log.Time.Advance(TimeSpan.FromHours(9));
        var late = world.Log.Time.GetUtcNow().ToMicros();
        await world.AppendAsync(new AuditEvent { Kind = "task.end", Actor = Alice, Task = "task_p" });
        await world.AppendAsync(new AuditEvent { Kind = "token.revoke", Actor = Alice, Task = "task_p" });

        await world.AskAsync(new RecordSelection { Task = "task_p", Kind = "task.", FromAt = late });
        await world.Requested.RunAsync();
        await world.IsErasedAsync(2);
        await world.AskAsync(new RecordSelection { Task = "task_p", ToAt = late });
        await world.Requested.RunAsync();
        await world.IsErasedAsync(0, 1, 2);
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Task_says_for_whom_it_was_until_its_last_detail_is_gone(Engine engine)
    {
        await using var world = await ErasureWorld.OpenAsync(engine);
        var task = world.Log.Work("task_a") with { OnBehalfOf = Alice };
        await world.AppendAsync(
            new AuditEvent { Kind = "task.start", Actor = Alice, Task = task.Id }, new Claim.OpenTask(task));
        await world.AppendAsync(new AuditEvent { Kind = "token.issue", Actor = Agent, Task = task.Id }.With("a", "b"));
        var retention = world.Retention(new("", null), new("task.", TimeSpan.FromDays(1)));
        world.Log.Time.Advance(TimeSpan.FromDays(2));
        Assert.Equal(1, await retention.RunAsync());

        // The record of the token does not name her: that its task was hers is what the hold goes by.
        await world.HoldAsync(world.Hold("hold_1", Alice));
        await world.AskAsync(new RecordSelection { Kind = "token." });
        Assert.Equal(0, await world.Requested.RunAsync());
        await world.IsErasedAsync(0);
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task What_is_young_waits_and_what_the_asker_did_stays(Engine engine)
    {
        await using var world = await ErasureWorld.OpenAsync(engine);
        var month = TimeSpan.FromDays(30);
        var requested = new RequestedErasures(
            world.Log.Database, world.Step, world.Indexer, month, world.Log.Time);
        await world.AppendAsync(new AuditEvent { Kind = "x.a", Actor = Alice });
        await world.AppendAsync(new AuditEvent { Kind = "x.a", Actor = "o" }.With("because", Alice));

        var id = await world.AskAsync(new RecordSelection { Who = Alice });
        Assert.Equal(0, await requested.RunAsync());
        Assert.Null((await world.FindAsync(id)).DoneAt);
        world.Log.Time.Advance(month - TimeSpan.FromHours(1));
        Assert.Equal(0, await requested.RunAsync());
        world.Log.Time.Advance(TimeSpan.FromHours(2));
        Assert.Equal(1, await requested.RunAsync());

        await world.IsErasedAsync(0);
        Assert.NotNull((await world.FindAsync(id)).DoneAt);
    }

    [Fact]
    public async Task Hash_that_stays_cannot_be_tried_with_guesses()
    {
        await using var world = await ErasureWorld.OpenAsync(Engine.Sqlite);
        await world.AppendAsync(new AuditEvent { Kind = "x.a", Actor = Alice });
        var whole = (await new RecordStore(world.Log.Inner).FromAsync(0, 1))[0];
        await world.AskAsync(new RecordSelection { Who = Alice });
        await world.Requested.RunAsync();

        var left = (await new RecordStore(world.Log.Inner).FromAsync(0, 1))[0];
        Assert.True(left.IsErased);
        var hash = JsonElement.Parse(left.Core).GetProperty("detail_hash").GetString();
        // Who knows the very text, of which there are few, lacks the salt, of which there are 2^128.
        var guess = whole.Detail.AsSpan(RecordRow.SaltSize);
        Assert.Equal($$"""{"actor":"{{Alice}}"}""", Encoding.UTF8.GetString(guess));
        Assert.NotEqual(hash, Base64Url.EncodeToString(SHA256.HashData(guess)));
        Assert.NotEqual(hash, Base64Url.EncodeToString(SHA256.HashData([.. new byte[16], .. guess])));
        Assert.Equal(hash, Base64Url.EncodeToString(SHA256.HashData(whole.Detail!)));
    }

    [Theory]
    [InlineData("""{"actor":"spiffe://example.org/user/al"}""", true)]
    [InlineData("""{"detail":{"act":"spiffe://x.org/agent/a < spiffe://example.org/user/al"}}""", true)]
    [InlineData("""{"detail":{"q":"[{\"id\":\"spiffe://example.org/user/al\"}]"}}""", true)]
    [InlineData("""{"detail":{"because":"asked by\nspiffe://example.org/user/al."}}""", true)]
    [InlineData("""{"actor":"spiffe://example.org/user/alice"}""", false)]
    [InlineData("""{"actor":"spiffe://example.org/user/al/2"}""", false)]
    [InlineData("""{"actor":"spiffe://example.org/user/al.b"}""", false)]
    [InlineData("""{"actor":"spiffe://example.org/user/al-b"}""", false)]
    [InlineData("""{"actor":"xspiffe://example.org/user/al"}""", false)]
    [InlineData("""{"actor":"spiffe://example.org/user/alé"}""", false)]
    public void Name_is_told_of_as_a_whole(string text, bool isToldOf)
    {
        var row = new ErasableRow
        {
            Idx = 0,
            At = 0,
            Kind = "x",
            Outcome = "allow",
            Core = [],
            Detail = [.. new byte[16], .. Encoding.UTF8.GetBytes(text)],
        };
        Assert.Equal(isToldOf, new RecordSelection { Who = "spiffe://example.org/user/al" }.Covers(row));
    }
}
