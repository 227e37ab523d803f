using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;

namespace Writ.Client.Tests.Decisions;

/// <summary>What was spooled gets to the broker, in order, whatever it answers, and nothing holds up the rest.
/// </summary>
public sealed class SpoolDeliveryTests : IAsyncLifetime
{
    private readonly CancellationTokenSource _stop = new();
    private DecisionWorld _world = null!;
    private Task _running = Task.CompletedTask;

    public async ValueTask InitializeAsync() => _world = await DecisionWorld.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        await _world.DisposeAsync();
        _stop.Dispose();
    }

    [Fact]
    public async Task Broker_that_fails_gets_all_of_it_when_it_is_back()
    {
        var failures = 2;
        _world.Broker.OnCall = _ => Interlocked.Decrement(ref failures) >= 0 ? Results.StatusCode(503) : Taken();
        await SpoolAsync("\"a\"", "\"b\"");
        Run();
        await Eventually.IsTrueAsync(() => _world.Broker.Calls.Count == 3, "it is tried until it is taken");
        await SpoolAsync("\"c\"");
        await Eventually.IsTrueAsync(() => _world.Broker.Calls.Count == 4, "and what comes later follows");

        var bodies = _world.Broker.Calls.Select(call => call.Body!).ToList();
        Assert.All(bodies, body => Assert.Equal(_world.Spool.Name, (string?)body["spool"]));
        Assert.Equal([(1, "a,b"), (1, "a,b"), (1, "a,b"), (3, "c")], bodies.Select(Read));
    }

    [Fact]
    public async Task What_is_refused_is_kept_aside()
    {
        _world.Broker.OnCall = _ => Taken((2, "not_yours"));
        await SpoolAsync("\"a\"", "\"b\"", "\"c\"");
        Run();

        await Eventually.IsTrueAsync(() => Aside().Length > 0, "it is kept");
        Assert.Equal("\"b\"\n", Aside());
    }

    // One entry that the broker cannot even read must not stop all that come after it.
    [Fact]
    public async Task What_cannot_be_read_is_found_and_the_rest_gets_through()
    {
        _world.Broker.OnCall = _ => Last().Contains("bad", StringComparison.Ordinal)
            ? Results.Json(new { code = "invalid_request" }, statusCode: 400)
            : Taken();
        await SpoolAsync("\"a\"", "\"b\"", "\"bad\"", "\"c\"", "\"d\"");
        Run();

        await Eventually.IsTrueAsync(() => Last() == "c,d", "the last ones are delivered");
        Assert.Equal("\"bad\"\n", Aside());
        var taken = _world.Broker.Calls.Select(call => Read(call.Body!).Entries)
            .Where(entries => !entries.Contains("bad", StringComparison.Ordinal));
        Assert.Equal("a,b,c,d", string.Join(',', taken));
    }

    [Fact]
    public async Task What_was_left_by_the_process_before_comes_first_and_its_file_goes()
    {
        await SpoolAsync("\"old\"");
        await _world.Spool.DisposeAsync();
        await using var spool = new DecisionSpool(_world.Folder, 1 << 20, NullLogger.Instance);
        await spool.AppendAsync(Encoding.UTF8.GetBytes("\"new\""), CancellationToken.None);
        _world.Broker.OnCall = _ => Taken();

        Run(spool);

        await Eventually.IsTrueAsync(() => _world.Broker.Calls.Count == 2, "both are delivered");
        Assert.Equal(
            [(_world.Spool.Name, "old"), (spool.Name, "new")],
            _world.Broker.Calls.Select(call => ((string?)call.Body!["spool"], Read(call.Body).Entries)));
        Assert.Single(Directory.GetFiles(_world.Folder, "*.spool"));
    }

    private string Last() => _world.Broker.Calls.LastOrDefault().Body is { } body ? Read(body).Entries : "";

    private string Aside() =>
        Path.Combine(_world.Folder, SpoolDelivery.AsideName) is var path && File.Exists(path)
            ? File.ReadAllText(path)
            : "";

    private static (int First, string Entries) Read(JsonNode body) =>
        ((int)body["first"]!, string.Join(',', body["decisions"]!.AsArray().Select(entry => (string?)entry)));

    private static IResult Taken(params (int Number, string Code)[] refused) =>
        Results.Json(new { next = 9, refused = refused.Select(r => new { number = r.Number, code = r.Code }) });

    private async Task SpoolAsync(params string[] entries)
    {
        foreach (var entry in entries)
            Assert.NotNull(await _world.Spool.AppendAsync(Encoding.UTF8.GetBytes(entry), CancellationToken.None));
    }

    private void Run(DecisionSpool? spool = null) => _running = Task.Run(() => new SpoolDelivery(
        spool ?? _world.Spool, _world.Management, TimeProvider.System, NullLogger.Instance).RunAsync(_stop.Token));
}
