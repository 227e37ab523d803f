using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Writ.Server.Tests;

/// <summary>
/// Somebody who sends garbage at a fixed rate from an address of their own: forms, JSON, made-up tokens and what is no
/// HTTP. Nothing of it is from anybody that the broker knows.
/// </summary>
internal sealed class Flood : IDisposable
{
    private const int MaxUnanswered = 512;
    private static readonly IPAddress From = IPAddress.Parse("127.0.0.2");
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(20);
    private readonly Uri _broker;
    private readonly HttpClient _http;
    private int _unanswered;
    private int _answered;
    private int _next;

    public Flood(Uri broker)
    {
        _broker = broker;
        _http = new HttpClient(
            new SocketsHttpHandler { ConnectCallback = async (_, cancel) => await DialAsync(cancel) })
        {
            BaseAddress = broker,
            Timeout = TimeSpan.FromSeconds(30),
        };
    }

    /// <summary>Requests that were answered, or cut off.</summary>
    public int Answered => Volatile.Read(ref _answered);

    /// <summary>Answers of 5xx, other than of a replica that was blind for a moment or gave a write up for it; each is
    /// a fault.</summary>
    public ConcurrentBag<string> Faults { get; } = [];

    /// <summary>Sends so many a second, as far as they are answered, until told to stop.</summary>
    public async Task RunAsync(int perSecond, CancellationToken stop)
    {
        var sent = 0;
        var began = Stopwatch.StartNew();
        while (!stop.IsCancellationRequested)
        {
            var due = (int)(began.Elapsed.TotalSeconds * perSecond);
            for (; sent < due; sent++)
                if (Volatile.Read(ref _unanswered) < MaxUnanswered) _ = SendAsync();
            await Task.WhenAny(Task.Delay(Tick, stop));
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task SendAsync()
    {
        Interlocked.Increment(ref _unanswered);
        try
        {
            if (Interlocked.Increment(ref _next) is var n && n % 50 == 0) await NoHttpAsync();
            else
            {
                using var answer = await _http.SendAsync(Garbage(n));
                if ((int)answer.StatusCode >= 500)
                {
                    var text = await answer.Content.ReadAsStringAsync();
                    if (!text.Contains("replica_stale", StringComparison.Ordinal)
                        && !text.Contains("store_unavailable", StringComparison.Ordinal)) Faults.Add(text);
                }
            }
            Interlocked.Increment(ref _answered);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or SocketException or TaskCanceledException)
        {
            // Cut off, as may happen to who sends garbage.
        }
        finally
        {
            Interlocked.Decrement(ref _unanswered);
        }
    }

    private static HttpRequestMessage Garbage(int n)
    {
        var made = string.Create(CultureInfo.InvariantCulture, $"eyJhbGciOiJFUzI1NiJ9.eyJqdGkiOiJ7{n:D8}In0.AAAA");
        var request = (n % 5) switch
        {
            0 => new HttpRequestMessage(HttpMethod.Get, "/v1/tasks"),
            1 => Post("/oauth/introspect", $"token={made}&client_id=spiffe://example.org/agent/x{n}"),
            2 => Post("/oauth/token", $"grant_type=client_credentials&client_assertion={made}&client_assertion_type="
                + "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
            3 => Post("/oauth/token", $"{new string('x', n % 4000)}=%{n}"),
            _ => Post("/v1/operators/enrol", $$"""{"code":"{{n}}"}""", "application/json"),
        };
        if (n % 3 == 0) request.Headers.TryAddWithoutValidation("Authorization", "DPoP " + made);
        if (n % 3 == 1) request.Headers.TryAddWithoutValidation("DPoP", made);
        return request;
    }

    private static HttpRequestMessage Post(
        string path, string body, string type = "application/x-www-form-urlencoded") =>
        new(HttpMethod.Post, path) { Content = new StringContent(body, Encoding.ASCII, type) };

    private async Task NoHttpAsync()
    {
        await using var stream = await DialAsync(CancellationToken.None);
        await stream.WriteAsync("\u0016\u0003\u0001 no HTTP\r\n\r\n"u8.ToArray());
        _ = await stream.ReadAsync(new byte[256]);
    }

    private async Task<Stream> DialAsync(CancellationToken cancel)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            socket.Bind(new IPEndPoint(From, 0));
            await socket.ConnectAsync(new IPEndPoint(IPAddress.Parse(_broker.Host), _broker.Port), cancel);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
