using System.Net.Security;

namespace Writ.Server.Edge;

/// <summary>
/// The certificate that new connections see. Looks at its source at most once a second, when a connection comes; what
/// cannot be loaded leaves the previous one in place and a warning in the log. Connections that stand keep theirs.
/// </summary>
public sealed class ServerCertificate
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private readonly ICertificateSource _source;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Lock _lock = new();
    private SslStreamCertificateContext _current; // both: guarded by _lock
    private long _looked;

    /// <summary>Loads it for the first time. Without a certificate there is no listener: that throws.</summary>
    public ServerCertificate(ICertificateSource source, TimeProvider time, ILogger log)
    {
        _source = source;
        _time = time;
        _log = log;
        _current = source.Load();
        _looked = time.GetTimestamp();
    }

    /// <summary>The certificate for a connection that opens now.</summary>
    public SslStreamCertificateContext Current()
    {
        lock (_lock)
        {
            if (_time.GetElapsedTime(_looked) < Pause) return _current;
            _looked = _time.GetTimestamp();
            try
            {
                if (_source.IsDue) _current = _source.Load();
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidOperationException)
            {
                _log.LogWarning("The TLS certificate cannot be renewed: {Reason}", e.Message);
            }
            return _current;
        }
    }
}
