using Writ.Server.Access.Deciders;

namespace Writ.Server.Tests.Access;

/// <summary>Bundles are made once for many, and few at a time.</summary>
public sealed class BundleMemoryTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_many_ask_for_at_once_is_made_once()
    {
        var (memory, made) = (new BundleMemory(), 0);
        var key = new BundleMemory.Key("api", "orders", 1, "k");

        var all = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => memory.FindAsync(key, MakeAsync, Cancel)));

        Assert.All(all, text => Assert.Equal("bundle", text));
        Assert.Equal(1, made);
        await memory.FindAsync(key with { Version = 2 }, MakeAsync, Cancel);
        Assert.Equal(2, made);

        async Task<string?> MakeAsync()
        {
            Interlocked.Increment(ref made);
            await Task.Delay(5, Cancel);
            return "bundle";
        }
    }

    [Fact]
    public async Task That_it_cannot_be_made_is_kept_too()
    {
        var (memory, made) = (new BundleMemory(), 0);
        var key = new BundleMemory.Key("api", "orders", 1, "k");

        for (var i = 0; i < 3; i++) Assert.Null(await memory.FindAsync(key, MakeAsync, Cancel));

        Assert.Equal(1, made);

        Task<string?> MakeAsync()
        {
            made++;
            return Task.FromResult<string?>(null);
        }
    }

    [Theory]
    [InlineData(1, 1)] // of one caller
    [InlineData(20, 2)] // of all of them
    public async Task Few_are_made_at_a_time(int callers, int most)
    {
        var memory = new BundleMemory();
        var (now, highest) = (0, 0);
        var gate = new Lock();

        await Task.WhenAll(Enumerable.Range(0, 20).Select(i => memory.FindAsync(
            new BundleMemory.Key($"api{i % callers}", $"r{i}", 1, "k"), MakeAsync, Cancel)));

        Assert.InRange(highest, 1, most);

        async Task<string?> MakeAsync()
        {
            lock (gate) highest = Math.Max(highest, ++now);
            await Task.Delay(2, Cancel);
            lock (gate) now--;
            return "x";
        }
    }

    [Fact]
    public async Task Oldest_go_when_there_are_too_many()
    {
        var (memory, made) = (new BundleMemory(), 0);
        for (var i = 0; i < 5; i++) await FindAsync(i); // 8 M characters each, of 32 M
        Assert.Equal(5, made);

        await FindAsync(4);
        Assert.Equal(5, made);
        await FindAsync(0);
        Assert.Equal(6, made);

        Task<string?> FindAsync(int version) => memory.FindAsync(
            new BundleMemory.Key("api", "orders", version, "k"), MakeAsync, Cancel);

        Task<string?> MakeAsync()
        {
            made++;
            return Task.FromResult<string?>(new string('x', 8 * 1024 * 1024));
        }
    }

    [Fact]
    public async Task Failure_leaves_the_place_to_the_next()
    {
        var memory = new BundleMemory();
        var key = new BundleMemory.Key("api", "orders", 1, "k");
        for (var i = 0; i < 3; i++)
            await Assert.ThrowsAsync<InvalidOperationException>(
                () => memory.FindAsync(key, () => throw new InvalidOperationException(), Cancel));

        Assert.Equal("x", await memory.FindAsync(key, () => Task.FromResult<string?>("x"), Cancel));
    }
}
