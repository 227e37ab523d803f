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

    // Somebody put another's file there: what is ours gets through all the same.
    [Fact]
    public async Task File_of_another_does_not_hold_ours_up()
    {
        await SpoolAsync("\"theirs\"");
        await _world.Spool.DisposeAsync();
        await using var spool = new DecisionSpool(_world.Folder, 1 << 20, NullLogger.Instance);
        await spool.AppendAsync(Encoding.UTF8.GetBytes("\"ours\""), CancellationToken.None);
        _world.Broker.OnCall = _ => Last() == "theirs"
            ? Results.Json(new { code = "conflict" }, statusCode: 409)
            : Taken();

        Run(spool);

        await Eventually.IsTrueAsync(() => Last() == "ours", "ours is delivered");
        Assert.Equal("\"theirs\"\n", Aside());
    }

    // Whoever chooses texts of a request must not choose that there is no record of it.
    [Theory]
    [InlineData("17\0")]
    [InlineData("half a pair: \ud83d")]
    [InlineData("a line\nand another")]
    [InlineData("")]
    public async Task Text_that_no_record_takes_is_refused_and_recorded(string identifier)
    {
        _world.Broker.OnCall = null;
        _world.Offer(_world.Bundle(5));
        _world.Beat(5);
        await Eventually.IsTrueAsync(() => _world.Point.IsFresh, "it is current");
        using var context = System.Text.Json.JsonDocument.Parse("""{"tags":[null],"tags":"\u0000"}""");

        var no = await _world.Point.DecideAsync(DecisionWorld.Question with
        {
            Identifier = identifier,
            Context = context.RootElement,
        });

        Assert.Equal((false, "invalid_request"), (no.IsAllowed, no.Code));
        Assert.NotNull(no.Id);
        var part = SpoolSegment.Read(
            _world.Spool.Segments.First().Path, null, _world.Spool.Segments.First().Durable, 9, 1 << 20);
        Assert.All(part.Entries, entry => Assert.True(
            Writ.Protocol.StrictJson.TryParse(entry, 16, out _, out var error), error));
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
