using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Writ.Testing;

/// <summary>
/// A way to a TCP server that the test can cut. Cut, it swallows what comes and says nothing, as a network does that
/// lost its route: nobody gets an error. <see cref="Sever"/> is the other kind, connections that are reset.
/// </summary>
public sealed class TcpProxy : IAsyncDisposable
{
    private readonly TcpListener _listener;
    private readonly IPEndPoint _target;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<TcpClient, byte> _open = new();
    private readonly Task _accepting;
    private volatile TaskCompletionSource _way = Opened(); // complete while the way is open; owner: Cut and Restore

    /// <summary>Opens it.</summary>
    /// <param name="targetPort">Where it leads: on loopback.</param>
    /// <param name="listen">The address that it listens on; loopback unless told.</param>
    public TcpProxy(int targetPort, IPAddress? listen = null)
    {
        _listener = new TcpListener(listen ?? IPAddress.Loopback, 0);
        _target = new IPEndPoint(IPAddress.Loopback, targetPort);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>From now on nothing passes, in either direction.</summary>
    public void Cut() => _way = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>What was held back passes, and all that follows.</summary>
    public void Restore() => _way.TrySetResult();

    /// <summary>Ends the connections that are open.</summary>
    public void Sever()
    {
        foreach (var client in _open.Keys) client.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        Sever();
        await _accepting;
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true) _ = ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var server = new TcpClient();
        using (client)
        {
            _open[client] = 0;
            try
            {
                await server.ConnectAsync(_target, _stop.Token);
                await Task.WhenAny(
                    CopyAsync(client.GetStream(), server.GetStream()),
                    CopyAsync(server.GetStream(), client.GetStream()));
            }
            catch (Exception e) when (
                e is OperationCanceledException or IOException or SocketException or ObjectDisposedException)
            {
                // One side is gone; so is the other.
            }
            _open.TryRemove(client, out _);
        }
    }

    private async Task CopyAsync(NetworkStream from, NetworkStream to)
    {
        var buffer = new byte[16 * 1024];
        while (await from.ReadAsync(buffer, _stop.Token) is var read and > 0)
        {
            await _way.Task.WaitAsync(_stop.Token);
            await to.WriteAsync(buffer.AsMemory(0, read), _stop.Token);
        }
    }

    private static TaskCompletionSource Opened()
    {
        var open = new TaskCompletionSource();
        open.SetResult();
        return open;
    }
}
