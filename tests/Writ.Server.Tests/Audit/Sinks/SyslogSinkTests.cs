using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using Writ.Server.Audit;
using Writ.Server.Edge;
using Writ.Server.Storage;
using Writ.Testing;

namespace Writ.Server.Tests.Audit.Sinks;

/// <summary>Records sent to a real rsyslog, and to receivers that are worse.</summary>
public sealed class SyslogSinkTests
{
    [Theory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public async Task Messages_arrive_at_a_real_rsyslog_in_either_framing(bool isByLine, bool waits)
    {
        await using var rsyslog = await Rsyslog.StartAsync();
        var target = Target(rsyslog.Port) with { IsByLine = isByLine, WaitsForClose = waits };
        using var sink = Open(target, "ocsf");

        Assert.Equal(200, await TakeAsync(sink, SinkRecords.Rows(0, 200)));
        Assert.Equal(1, await TakeAsync(sink, [SinkRecords.Row(200, more: SinkRecords.Full("schön\n\"]"))]));

        await Wait.UntilAsync(() => rsyslog.Indexes().Count >= 201, "all are written");
        Assert.Equal(Enumerable.Range(0, 201).Select(i => (long)i), rsyslog.Indexes());
        Assert.DoesNotContain("\uFEFF", rsyslog.Text(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tls_shows_our_certificate_and_believes_no_other_name()
    {
        await using var rsyslog = await Rsyslog.StartAsync(isTls: true);
        var target = SinkRecords.Target(SinkWay.Syslog, $"syslog+tls://localhost:{rsyslog.Port}") with
        {
            CaFile = Path.Combine(rsyslog.Folder, "ca.pem"),
            CertFile = Path.Combine(rsyslog.Folder, "client.pem"),
            KeyFile = Path.Combine(rsyslog.Folder, "client.key"),
        };
        using (var sink = Open(target)) await TakeAsync(sink, SinkRecords.Rows(0, 100));
        using (var staying = Open(target with { WaitsForClose = false }))
            await TakeAsync(staying, SinkRecords.Rows(100, 100));
        await Wait.UntilAsync(() => rsyslog.Indexes().Count >= 200, "all are written");

        using var unsure = Open(target with { To = new Uri($"syslog+tls://127.0.0.1:{rsyslog.Port}") });
        await Assert.ThrowsAsync<AuthenticationException>(() => TakeAsync(unsure, SinkRecords.Rows(200, 1)));
        using var stranger = Open(target with { CaFile = null });
        await Assert.ThrowsAsync<AuthenticationException>(() => TakeAsync(stranger, SinkRecords.Rows(200, 1)));
        using var nameless = Open(target with { CertFile = null, KeyFile = null });
        await Assert.ThrowsAnyAsync<Exception>(() => TakeAsync(nameless, SinkRecords.Rows(200, 1)));

        Assert.Equal(Enumerable.Range(0, 200).Select(i => (long)i), rsyslog.Indexes());
    }

    /// <summary>Killed amid batches, each of which has a connection of its own.</summary>
    [Fact]
    public async Task No_record_is_lost_when_rsyslog_is_killed()
    {
        await using var rsyslog = await Rsyslog.StartAsync();
        await using var broker = await TestBroker.StartAsync(Engine.Sqlite, configure: s => s with
        {
            Sinks = [Target(rsyslog.Port) with { Resend = 0 }],
        });
        await AppendAsync(broker, 6000);
        var carrier = broker.Wiring.Sinks.Carriers[0];
        var head = await broker.HeadAsync();

        var killing = Task.Run(async () =>
        {
            for (var kills = 1; kills <= 3; kills++)
            {
                await Wait.UntilAsync(() => rsyslog.Indexes().Count > 1200 * kills, "it has some of them");
                await rsyslog.KillAsync();
                await Task.Delay(100);
                await rsyslog.StartAsync();
            }
        });
        await Wait.UntilAsync(async () =>
        {
            await carrier.RunAsync();
            broker.Clock.Advance(TimeSpan.FromMinutes(2)); // of back-off
            return carrier.Missing == 0 && killing.IsCompleted;
        }, "it has caught up", TimeSpan.FromSeconds(60));
        await killing;

        var indexes = rsyslog.Indexes();
        Assert.Empty(Enumerable.Range(0, (int)head).Select(i => (long)i).Except(indexes));
        Assert.True(carrier.Failures > 0);
    }

    public static TheoryData<string> Deaf => ["hangs", "reads slowly", "resets", "is not there"];

    [Theory, MemberData(nameof(Deaf))]
    public async Task Receiver_that_does_not_take_it_is_given_up_in_time(string how)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Server.ReceiveBufferSize = 4096;
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        if (how is "is not there") listener.Stop();
        var serving = how is "is not there" ? Task.CompletedTask : ServeAsync(listener, how);
        using var sink = Open(Target(port) with
        {
            Patience = TimeSpan.FromMilliseconds(400),
            WaitsForClose = how is not "reads slowly",
        });
        var large = Enumerable.Range(0, 300).Select(i => SinkRecords.Row(
            i, more: new { detail = new { because = new string('x', 5000) } })).ToList();

        var began = Stopwatch.GetTimestamp();
        var taking = async () =>
        {
            for (var i = 0; i < 60; i++) await TakeAsync(sink, large); // more than any buffer holds
        };
        await Assert.ThrowsAnyAsync<Exception>(taking);

        Assert.True(Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(20));
        listener.Stop();
        sink.Dispose();
        await serving.WaitAsync(TimeSpan.FromSeconds(10));
    }

    /// <summary>A connection that stays: what the receiver lost with it comes again.</summary>
    [Fact]
    public async Task Last_records_come_again_once_the_connection_was_lost()
    {
        await using var rsyslog = await Rsyslog.StartAsync();
        await using var proxy = new TcpProxy(rsyslog.Port);
        await using var broker = await TestBroker.StartAsync(Engine.Sqlite, configure: s => s with
        {
            Sinks = [Target(proxy.Port) with { WaitsForClose = false, Resend = 7 }],
        });
        var carrier = broker.Wiring.Sinks.Carriers[0];
        await AppendAsync(broker, 20);
        await carrier.RunAsync();
        await Wait.UntilAsync(() => rsyslog.Indexes().Count >= 20, "it has them");
        var head = await broker.HeadAsync();

        proxy.Sever();
        await AppendAsync(broker, 1);
        await Wait.UntilAsync(async () =>
        {
            await carrier.RunAsync();
            broker.Clock.Advance(TimeSpan.FromMinutes(2));
            return carrier.Missing == 0;
        }, "it has caught up");

        await Wait.UntilAsync(() => rsyslog.Indexes().Count >= head + 8, "what was lost came again");
        Assert.Equal(
            Enumerable.Range(0, (int)head).Concat(Enumerable.Range((int)head - 7, 8)).Select(i => (long)i),
            rsyslog.Indexes());
    }

    private static async Task ServeAsync(TcpListener listener, string how)
    {
        var held = new List<TcpClient>();
        try
        {
            while (true)
            {
                var client = await listener.AcceptTcpClientAsync();
                held.Add(client);
                if (how is "resets")
                {
                    await client.GetStream().ReadExactlyAsync(new byte[1]);
                    client.Client.Close(0); // with the rest unread: a reset
                }
                else if (how is "reads slowly")
                {
                    await client.GetStream().ReadExactlyAsync(Encoding.ASCII.GetBytes("0123456789"));
                }
            }
        }
        catch (Exception e) when (
            e is SocketException or ObjectDisposedException or IOException or InvalidOperationException)
        {
            // The test is over.
        }
        foreach (var client in held) client.Dispose();
    }

    private static SinkTarget Target(int port) =>
        SinkRecords.Target(SinkWay.Syslog, $"syslog+tcp://127.0.0.1:{port}");

    private static SyslogSink Open(SinkTarget target, string form = "writ") =>
        new(target, new Form(target with { Form = form }, "example.org"));

    private static Task<int> TakeAsync(SyslogSink sink, IReadOnlyList<RecordRow> rows) =>
        sink.TakeAsync(rows, CancellationToken.None);

    private static Task AppendAsync(TestBroker broker, int count) =>
        Task.WhenAll(Enumerable.Range(0, count).Select(i => broker.Wiring.Audit.RefuseAsync(
            new AuditEvent { Kind = "request.refuse", Reason = "test", RequestId = $"req_{i}" }, [],
            CancellationToken.None)));
}
