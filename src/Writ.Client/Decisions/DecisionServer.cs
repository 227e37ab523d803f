using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Writ.Client;

/// <summary>Deciding in this process, wired: the bundle, the spool, its delivery. Owns them, from the host's start to
/// its end.</summary>
internal sealed class DecisionServer : IHostedService, IAsyncDisposable
{
    // What deciding needs of the broker, and nothing more.
    private const string Scope = "access:bundle access:report";
    private const long LeastBytes = 1024 * 1024;

    private readonly ManagementApi _broker;
    private readonly BundlePull _pull;
    private readonly DecisionSpool _spool;
    private readonly SpoolDelivery _delivery;
    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;
    private int _disposed;

    internal DecisionServer(ResourceServer server, DecisionOptions options, ILogger log)
    {
        if (options.SpoolFolder.Length == 0)
            throw Fault("SpoolFolder must be set: where decisions wait for the broker.");
        if (options.MaxSpoolBytes < LeastBytes)
            throw Fault($"MaxSpoolBytes must be {LeastBytes} or more.");
        _spool = new DecisionSpool(Path.GetFullPath(options.SpoolFolder), options.MaxSpoolBytes, log);
        _broker = server.Management(Scope);
        _pull = new BundlePull(
            _broker, new BundleSettings(server.Issuer, server.ClientId, [.. server.Model.Resources.Keys]),
            server.FeedKeys, server.Revocations, server.Time, log);
        _delivery = new SpoolDelivery(_spool, _broker, server.Time, log);
        Decisions = new LocalDecisionPoint(() => _pull.Facts, server.Revocations, _spool, server.Time);
    }

    internal LocalDecisionPoint Decisions { get; }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _running = Task.WhenAll(
            Task.Run(() => _pull.RunAsync(_stop.Token), CancellationToken.None),
            Task.Run(() => _delivery.RunAsync(_stop.Token), CancellationToken.None));
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stop.CancelAsync();
        await _running.WaitAsync(cancellationToken);
    }

    // The container disposes what it made once per registration, and we are registered as hosted service too.
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 1)
            return;
        await _stop.CancelAsync();
        await _running;
        await _spool.DisposeAsync();
        _broker.Dispose();
        _stop.Dispose();
    }

    private static OptionsValidationException Fault(string why) => new("Writ", typeof(DecisionOptions), [why]);
}
