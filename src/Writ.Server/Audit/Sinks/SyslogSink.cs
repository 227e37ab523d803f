using System.Buffers.Binary;
using System.Net.Security;
using System.Net.Sockets;
using Writ.Server.Edge;
using Writ.Server.Storage;

namespace Writ.Server.Audit;

/// <summary>
/// Sends records to a receiver of syslog, over TCP (RFC 6587) or TLS (RFC 5425). Syslog acknowledges nothing. So each
/// batch ends its connection, and is taken once the receiver, having read to that end, ends it as well, and lives: it
/// takes the connection for the next batch (<c>confirm: close</c>). Or the connection stays, and a batch is taken once
/// the receiver's kernel has it (<c>confirm: sent</c>). What the receiver loses after that is sent again only after it
/// was seen to be away (<c>resend</c>).
/// </summary>
/// <remarks>The kernel ends the connections of a process that dies just as the process would have; and not all of them
/// at once, so that one that was made while it did so ends within <see cref="Doubt"/>.</remarks>
internal sealed class SyslogSink(SinkTarget target, Form form) : IDisposable
{
    private const int MaxBatch = 256 * 1024;
    private const int Tcp = 6; // IPPROTO_TCP
    private const int TcpInfo = 11;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan Doubt = TimeSpan.FromSeconds(5);
    private readonly SyslogMessage _message = new(target, form);
    private Line? _line; // owner, as of the next: the one carrier
    private long _opened; // timestamp

    public async Task<int> TakeAsync(IReadOnlyList<RecordRow> rows, CancellationToken cancel)
    {
        using var batch = new MemoryStream();
        var taken = Fill(batch, rows);
        if (batch.Length == 0) return taken;
        // The network's time, not the broker's clock.
        using var limit = new CancellationTokenSource(target.Patience, TimeProvider.System);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, limit.Token);
        try
        {
            await SendAsync(batch.GetBuffer().AsMemory(0, (int)batch.Length), either.Token);
            return taken;
        }
        catch (Exception e)
        {
            Hang();
            if (e is OperationCanceledException && !cancel.IsCancellationRequested)
                throw new TimeoutException($"it took longer than {target.Patience.TotalSeconds} s", e);
            throw;
        }
    }

    public void Dispose() => Hang();

    private int Fill(MemoryStream batch, IReadOnlyList<RecordRow> rows)
    {
        for (var i = 0; i < rows.Count; i++)
        {
            using var entry = form.Read(rows[i]);
            if (entry is null) continue;
            batch.Write(_message.Of(entry));
            if (batch.Length >= MaxBatch) return i + 1;
        }
        return rows.Count;
    }

    private async Task SendAsync(ReadOnlyMemory<byte> batch, CancellationToken cancel)
    {
        if (_line is { IsEnded: true })
        {
            // Nothing was sent on it, and receivers close what is idle; but one that dies closes it soon.
            if (!target.WaitsForClose || TimeProvider.System.GetElapsedTime(_opened) < Doubt)
                throw new IOException("it closed the connection");
            Hang();
        }
        if (_line is null) await OpenAsync(cancel);
        await _line!.Stream.WriteAsync(batch, cancel);
        await _line.Stream.FlushAsync(cancel);
        if (target.WaitsForClose)
        {
            await _line.CloseAsync(cancel);
            Hang();
            await OpenAsync(cancel);
            return;
        }
        while (!_line.IsDrained) await Task.Delay(Pause, TimeProvider.System, cancel);
        if (_line.IsEnded) throw new IOException("it closed the connection");
    }

    private async Task OpenAsync(CancellationToken cancel)
    {
        _line = await Line.OpenAsync(target, cancel);
        _opened = TimeProvider.System.GetTimestamp();
    }

    private void Hang()
    {
        _line?.Dispose();
        _line = null;
    }

    /// <summary>A connection.</summary>
    private sealed class Line(Socket socket, Stream stream) : IDisposable
    {
        private readonly byte[] _info = new byte[256];

        public Stream Stream => stream;

        /// <summary>Whether the receiver has ended it; it has nothing to say.</summary>
        public bool IsEnded => socket.Poll(0, SelectMode.SelectError)
            || (socket.Poll(0, SelectMode.SelectRead) && socket.Available == 0);

        /// <summary>Whether its kernel has all (tcp_info(7): tcpi_unacked, tcpi_notsent_bytes).</summary>
        public bool IsDrained
        {
            get
            {
                if (IsEnded) throw new IOException("it closed the connection");
                var length = socket.GetRawSocketOption(Tcp, TcpInfo, _info);
                return length >= 148 && BinaryPrimitives.ReadUInt32LittleEndian(_info.AsSpan(24)) == 0
                    && BinaryPrimitives.ReadUInt32LittleEndian(_info.AsSpan(144)) == 0;
            }
        }

        public static async Task<Line> OpenAsync(SinkTarget target, CancellationToken cancel)
        {
            var isTls = target.To.Scheme is "syslog+tls";
            var port = target.To.Port > 0 ? target.To.Port : isTls ? 6514 : 514;
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            Stream? stream = null;
            try
            {
                await socket.ConnectAsync(target.To.DnsSafeHost, port, cancel);
                stream = new NetworkStream(socket, ownsSocket: false);
                if (!isTls) return new Line(socket, stream);
                var tls = new SslStream(stream, leaveInnerStreamOpen: false);
                stream = tls;
                await tls.AuthenticateAsClientAsync(SinkTls.Options(target), cancel);
                return new Line(socket, tls);
            }
            catch
            {
                if (stream is not null) await stream.DisposeAsync();
                socket.Dispose();
                throw;
            }
        }

        /// <summary>Ends our side, and waits for the receiver to end its own: then it has read everything.</summary>
        public async Task CloseAsync(CancellationToken cancel)
        {
            if (stream is SslStream tls) await tls.ShutdownAsync().WaitAsync(cancel);
            socket.Shutdown(SocketShutdown.Send);
            var any = new byte[1024];
            // A reset throws: then it has not.
            while (await stream.ReadAsync(any, cancel) > 0)
            {
                // What receivers of syslog say is nothing to us.
            }
        }

        public void Dispose()
        {
            stream.Dispose();
            socket.Dispose();
        }
    }
}
