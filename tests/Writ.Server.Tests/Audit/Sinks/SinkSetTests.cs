using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Writ.Server.Audit;
using Writ.Server.Edge;
using Writ.Server.Storage;
using Writ.Testing;

namespace Writ.Server.Tests.Audit.Sinks;

/// <summary>The sinks of a broker: each for itself, from where it began, and what is said when one is behind.</summary>
public sealed class SinkSetTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("writ-sinks-").FullName;

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Sink_begins_where_it_is_told_and_gets_what_it_asked_for(Engine engine)
    {
        await using var store = await TestStore.CreateAsync(engine);
        await using (var before = await TestBroker.StartAsync(store)) await AppendAsync(before, "request.fail", 5);
        Func<Settings, Settings> configure = s => s with
        {
            Sinks =
            [
                FileTo("all"), FileTo("new") with { StartsNow = true }, FileTo("some") with { Kinds = ["request.f"] },
            ],
        };
        long head;
        await using (var broker = await TestBroker.StartAsync(store, configure: configure))
        {
            head = await broker.HeadAsync();
            await CarryAsync(broker);
            await AppendAsync(broker, "request.refuse", 3);
            await CarryAsync(broker);
        }
        await using (var again = await TestBroker.StartAsync(store, configure: configure))
        {
            await AppendAsync(again, "request.fail", 1);
            await CarryAsync(again);
            Assert.All(again.Wiring.Sinks.Carriers, c => Assert.Equal((0, 0), (c.Missing, c.AgeSeconds)));
        }

        var all = Records("all");
        Assert.Equal(Enumerable.Range(0, all.Count).Select(i => (long)i), all.Select(r => r.Index));
        Assert.Equal(all.Where(r => r.Index >= head).Select(r => r.Index), Records("new").Select(r => r.Index));
        Assert.Equal(6, Records("some").Count);
        Assert.Equal(all.Where(r => r.Kind is "request.fail"), Records("some"));
    }

    [Fact]
    public async Task Dead_sink_holds_nobody_up_and_is_found()
    {
        using var hole = new TcpListener(IPAddress.Loopback, 0);
        hole.Start(); // takes connections, and nothing more
        var port = ((IPEndPoint)hole.LocalEndpoint).Port;
        await using var broker = await TestBroker.StartAsync(Engine.Sqlite, configure: s => s with
        {
            Sinks =
            [
                SinkRecords.Target(SinkWay.Syslog, $"syslog+tcp://127.0.0.1:{port}") with
                {
                    Name = "hole",
                    Patience = TimeSpan.FromMilliseconds(500),
                },
                FileTo("file"),
            ],
        });
        var world = await broker.Seed.WorldAsync();
        var sinks = broker.Wiring.Sinks;

        var hanging = sinks.Carriers[0].RunAsync();
        var began = Stopwatch.GetTimestamp();
        Assert.Equal(200, (await world.Agent.GetAsync("/v1/tasks")).Status);
        await sinks.Carriers[1].RunAsync();
        Assert.Equal(0, sinks.Carriers[1].Missing);
        Assert.True(Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(8));
        await hanging;

        broker.Clock.Advance(TimeSpan.FromMinutes(6));
        await CarryAsync(broker);
        var findings = new FindingStore(broker.Wiring.Database);
        await Wait.UntilAsync(async () =>
        {
            await sinks.WatchAsync(); // or the chore, as the clock moved
            return await findings.IsOpenAsync(FindingKind.SinkBehind, "sink:hole");
        }, "it is found");
        await sinks.WatchAsync();
        var raised = (await broker.RecordsAsync()).Where(r => r.GetProperty("kind").GetString() is "finding.raise");
        Assert.Single(raised, r => r.GetProperty("reason").GetString() is "sink_behind"); // once
        Assert.False(await findings.IsOpenAsync(FindingKind.SinkBehind, "sink:file"));
        var metrics = await broker.Http.GetStringAsync(new Uri(broker.ManagementOrigin + "/metrics"));
        Assert.Matches("""writ_sink_lag_records\{sink="hole"\} [1-9]""", metrics);
        Assert.Matches("""writ_sink_lag_age\{sink="hole"\} 3[0-9]{2}""", metrics);

        hole.Stop();
        await using var rsyslog = new Closing(port);
        broker.Clock.Advance(TimeSpan.FromMinutes(2));
        await CarryAsync(broker);
        await sinks.WatchAsync();
        Assert.Equal(0, sinks.Carriers[0].Missing);
        Assert.False(await findings.IsOpenAsync(FindingKind.SinkBehind, "sink:hole"));
    }

    [Fact]
    public async Task Two_replicas_carry_each_record_once()
    {
        await using var store = await TestStore.CreateAsync(Engine.Sqlite);
        Func<Settings, Settings> configure = s => s with { Sinks = [FileTo("shared")] };
        await using var one = await TestBroker.StartAsync(store, configure: configure);
        await using var two = await TestBroker.StartAsync(store, configure: configure);
        for (var i = 0; i < 5; i++)
        {
            await AppendAsync(i % 2 == 0 ? one : two, "request.refuse", 40);
            await Task.WhenAll(CarryAsync(one), CarryAsync(two));
        }
        await CarryAsync(one);

        var head = await one.HeadAsync();
        Assert.Equal(Enumerable.Range(0, (int)head).Select(i => (long)i), Records("shared").Select(r => r.Index));
    }

    public static TheoryData<string, Action<ServerOptions.SinkOptions>> Wrong => new()
    {
        { "name", s => s.Name = "A b" },
        { "to is", s => s.To = "audit.ndjson" },
        { "to is", s => s.To = "syslog+tcp://siem.example:514" },
        { "to is", s => s.To = "http://siem.example/" },
        { "to is", s => s.To = "otlp+http://siem.example/" },
        { "to is", s => s.To = "https://user:secret@siem.example/" },
        { "to is", s => s.To = "https://siem.example/?key=secret" },
        { "to is", s => s.To = "syslog+tls://siem.example/path" },
        { "to is", s => s.To = "ftp://127.0.0.1/" },
        { "form", s => s.Form = "xml" },
        { "from", s => s.From = "yesterday" },
        { "kinds", s => s.Kinds = [""] },
        { "framing", s => s.Framing = "none" },
        { "confirm", s => s.Confirm = "never" },
        { "token_file", s => s.TokenFile = "token" },
        { "cert_file", s => s.CertFile = "cert.pem" },
        { "lag_seconds", s => s.LagSeconds = 1 },
        { "max_bytes", s => s.MaxBytes = 100 },
        { "rotate_mb", s => s.RotateMb = 0 },
    };

    [Theory, MemberData(nameof(Wrong))]
    public void Sink_that_cannot_be_is_refused_by_name(string name, Action<ServerOptions.SinkOptions> change)
    {
        var sink = new ServerOptions.SinkOptions { Name = "siem", To = "/var/log/writ/audit.ndjson" };
        change(sink);

        var refused = Assert.Throws<FormatException>(() => Check(sink));

        Assert.Contains(name, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Sinks_are_few_and_differ()
    {
        var sinks = Enumerable.Range(0, 17)
            .Select(i => new ServerOptions.SinkOptions { Name = $"s{i}", To = $"/var/log/writ/{i}" }).ToArray();

        Assert.Equal(16, Check(sinks[..16]).Sinks.Count);
        Assert.Throws<FormatException>(() => Check(sinks));
        sinks[1].Name = sinks[0].Name;
        Assert.Throws<FormatException>(() => Check(sinks[..2]));
        (sinks[1].Name, sinks[1].To) = ("s1", sinks[0].To);
        Assert.Throws<FormatException>(() => Check(sinks[..2]));
    }

    [Theory]
    [InlineData("/var/log/writ/audit.ndjson", SinkWay.File, "file:///var/log/writ/audit.ndjson")]
    [InlineData("syslog+tls://siem.example", SinkWay.Syslog, "syslog+tls://siem.example")]
    [InlineData("syslog+tcp://localhost:601", SinkWay.Syslog, "syslog+tcp://localhost:601")]
    [InlineData("otlp+https://siem.example/otlp", SinkWay.Otlp, "https://siem.example/otlp")]
    [InlineData("otlp+http://[::1]:4318", SinkWay.Otlp, "http://[::1]:4318/")]
    [InlineData("https://siem.example/hook", SinkWay.Web, "https://siem.example/hook")]
    public void Place_tells_the_way(string to, SinkWay way, string place)
    {
        var target = Check(new ServerOptions.SinkOptions { Name = "siem", To = to }).Sinks[0];

        Assert.Equal((way, new Uri(place)), (target.Way, target.To));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static Settings Check(params ServerOptions.SinkOptions[] sinks) =>
        new ServerOptions { Sinks = [.. sinks] }.Check("https://broker.example.org", null);

    private SinkTarget FileTo(string name) =>
        SinkRecords.Target(SinkWay.File, $"file://{Path.Combine(_folder, name)}") with { Name = name };

    private IReadOnlyList<(long Index, string? Kind)> Records(string name) =>
    [
        .. File.ReadAllLines(Path.Combine(_folder, name)).Select(l => JsonElement.Parse(l))
            .Select(r => (r.GetProperty("index").GetInt64(), r.GetProperty("record").GetProperty("kind").GetString())),
    ];

    private static async Task CarryAsync(TestBroker broker)
    {
        foreach (var carrier in broker.Wiring.Sinks.Carriers) await carrier.RunAsync();
    }

    private static Task AppendAsync(TestBroker broker, string kind, int count) =>
        Task.WhenAll(Enumerable.Range(0, count).Select(i => broker.Wiring.Audit.RefuseAsync(
            new AuditEvent { Kind = kind, Reason = "test", RequestId = $"req_{i}" }, [], CancellationToken.None)));

    /// <summary>Reads all and closes, as receivers of syslog do.</summary>
    private sealed class Closing : IAsyncDisposable
    {
        private readonly TcpListener _listener;
        private readonly Task _serving;
        private volatile TcpClient? _client;

        public Closing(int port)
        {
            _listener = new TcpListener(IPAddress.Loopback, port);
            _listener.Server.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            _listener.Start();
            _serving = ServeAsync();
        }

        public async ValueTask DisposeAsync()
        {
            _listener.Stop();
            _client?.Dispose();
            await _serving.WaitAsync(TimeSpan.FromSeconds(10));
        }

        private async Task ServeAsync()
        {
            try
            {
                while (true)
                {
                    using var client = await _listener.AcceptTcpClientAsync();
                    _client = client;
                    await client.GetStream().CopyToAsync(Stream.Null);
                }
            }
            catch (Exception e) when (
                e is SocketException or ObjectDisposedException or IOException or InvalidOperationException)
            {
                // The test is over.
            }
        }
    }
}
