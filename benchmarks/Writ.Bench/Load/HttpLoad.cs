using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Writ.Bench.Load;

/// <summary>
/// Sends prepared HTTP/1.1 requests over a fixed number of connections, one at a time on each, and reads the answers.
/// Knows just as much HTTP as our endpoints speak: a length or chunks.
/// </summary>
internal static class HttpLoad
{
    public static async Task<LoadResult> RunAsync(
        LoadTarget target, IReadOnlyList<byte[]> requests, int connections, Func<TimeSpan> serverCpu)
    {
        var next = -1;
        var latencies = new double[requests.Count];
        var errors = 0;
        await using var lines = await Connections.OpenAsync(target, connections);
        var cpu = serverCpu();
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(lines.All.Select(line => Task.Run(async () =>
        {
            var buffer = new byte[64 * 1024];
            for (int i; (i = Interlocked.Increment(ref next)) < requests.Count;)
            {
                var began = Stopwatch.GetTimestamp();
                var status = await SendAsync(line, requests[i], buffer);
                latencies[i] = Stopwatch.GetElapsedTime(began).TotalMicroseconds;
                if (status != 200 && Interlocked.Increment(ref errors) == 1)
                    Console.Error.WriteLine($"  refused: {Encoding.UTF8.GetString(buffer).Split('\0')[0]}");
            }
        })));
        var seconds = clock.Elapsed.TotalSeconds;
        var used = (serverCpu() - cpu).TotalMicroseconds / requests.Count;
        Array.Sort(latencies);
        return new LoadResult(
            requests.Count / seconds, latencies[latencies.Length / 2], latencies[latencies.Length * 99 / 100], used,
            errors);
    }

    /// <summary>Sends one request and reads its answer; for preparing a load.</summary>
    public static async Task<(int Status, string Text)> OnceAsync(IPEndPoint server, byte[] request)
    {
        await using var lines = await Connections.OpenAsync(new LoadTarget(server), 1);
        var buffer = new byte[256 * 1024];
        var status = await SendAsync(lines.All[0], request, buffer);
        return (status, Encoding.UTF8.GetString(buffer).TrimEnd('\0'));
    }

    private static async Task<int> SendAsync(Stream line, byte[] request, byte[] buffer)
    {
        await line.WriteAsync(request);
        var filled = 0;
        while (true)
        {
            var read = await line.ReadAsync(buffer.AsMemory(filled));
            if (read == 0) return 0;
            filled += read;
            if (IsComplete(buffer.AsSpan(0, filled), out var status)) return status;
        }
    }

    private static bool IsComplete(ReadOnlySpan<byte> answer, out int status)
    {
        status = 0;
        var head = answer.IndexOf("\r\n\r\n"u8);
        if (head < 0) return false;
        status = ((answer[9] - '0') * 100) + ((answer[10] - '0') * 10) + (answer[11] - '0');
        var length = answer[..head].IndexOf("Content-Length: "u8);
        if (length < 0) return answer.EndsWith("0\r\n\r\n"u8);
        var value = 0;
        for (var i = length + 16; answer[i] is >= (byte)'0' and <= (byte)'9'; i++)
            value = (value * 10) + (answer[i] - '0');
        return answer.Length >= head + 4 + value;
    }

    private sealed class Connections : IAsyncDisposable
    {
        private Connections(Stream[] all) => All = all;

        public Stream[] All { get; }

        public static async Task<Connections> OpenAsync(LoadTarget target, int count)
        {
            var all = new Stream[count];
            for (var i = 0; i < count; i++) all[i] = await OpenAsync(target);
            return new Connections(all);
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var line in All) await line.DisposeAsync();
        }

        private static async Task<Stream> OpenAsync(LoadTarget target)
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(target.Server);
            var plain = new NetworkStream(socket, ownsSocket: true);
            if (target.Client is not { } certificate) return plain;
            var tls = new SslStream(plain);
            await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
            {
                TargetHost = "127.0.0.1",
                ClientCertificateContext = SslStreamCertificateContext.Create(certificate, null),
                // The servers are this bench's own; what is measured is how they know the client.
#pragma warning disable CA5359
                RemoteCertificateValidationCallback = (_, _, _, _) => true,
#pragma warning restore CA5359
            });
            return tls;
        }
    }
}

/// <summary>Where a load goes: plain, or by TLS with a client certificate.</summary>
internal sealed record LoadTarget(IPEndPoint Server, X509Certificate2? Client = null);
