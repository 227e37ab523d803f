using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Writ.Bench.Load;

/// <summary>
/// Sends prepared HTTP/1.1 requests over a fixed number of connections, one at a time on each, and reads the answers.
/// Knows just as much HTTP as our endpoints speak: a length or chunks.
/// </summary>
internal static class HttpLoad
{
    public static async Task<LoadResult> RunAsync(
        IPEndPoint server, IReadOnlyList<byte[]> requests, int connections, Func<TimeSpan> serverCpu)
    {
        var next = -1;
        var latencies = new double[requests.Count];
        var errors = 0;
        using var sockets = new Sockets(server, connections);
        var cpu = serverCpu();
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(sockets.All.Select(socket => Task.Run(async () =>
        {
            var buffer = new byte[64 * 1024];
            for (int i; (i = Interlocked.Increment(ref next)) < requests.Count;)
            {
                var began = Stopwatch.GetTimestamp();
                var status = await SendAsync(socket, requests[i], buffer);
                latencies[i] = Stopwatch.GetElapsedTime(began).TotalMicroseconds;
                if (status != 200) Interlocked.Increment(ref errors);
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
        using var sockets = new Sockets(server, 1);
        var buffer = new byte[256 * 1024];
        var status = await SendAsync(sockets.All[0], request, buffer);
        return (status, Encoding.UTF8.GetString(buffer).TrimEnd('\0'));
    }

    private static async Task<int> SendAsync(Socket socket, byte[] request, byte[] buffer)
    {
        await socket.SendAsync(request);
        var filled = 0;
        while (true)
        {
            var read = await socket.ReceiveAsync(buffer.AsMemory(filled));
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

    private sealed class Sockets : IDisposable
    {
        public Sockets(IPEndPoint server, int count)
        {
            All = [.. Enumerable.Range(0, count).Select(_ =>
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                socket.Connect(server);
                return socket;
            })];
        }

        public Socket[] All { get; }

        public void Dispose()
        {
            foreach (var socket in All) socket.Dispose();
        }
    }
}
