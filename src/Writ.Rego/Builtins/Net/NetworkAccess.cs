namespace Writ.Rego.Builtins.Net;

/// <summary>
/// What an operator lets policies reach. Without it <c>http.send</c> and <c>net.lookup_ip_addr</c> are not there.
/// </summary>
public sealed class NetworkAccess
{
    private readonly IReadOnlyCollection<string> _allowedHosts;

    /// <summary>Access to some hosts.</summary>
    /// <param name="allowedHosts">Host names, or <c>*.example.org</c> for all names below one.</param>
    /// <param name="handler">Sends the requests; it must not follow redirects by itself.</param>
    /// <exception cref="ArgumentException">The handler would follow redirects, to whatever host.</exception>
    public NetworkAccess(IReadOnlyCollection<string> allowedHosts, HttpMessageHandler handler)
    {
        _allowedHosts = allowedHosts;
        var last = handler;
        while (last is DelegatingHandler { InnerHandler: { } inner })
        {
            last = inner;
        }

        if (last is SocketsHttpHandler { AllowAutoRedirect: true } or HttpClientHandler { AllowAutoRedirect: true })
        {
            throw new ArgumentException("The handler must not follow redirects by itself.", nameof(handler));
        }

        Invoker = new HttpMessageInvoker(handler, disposeHandler: false);
    }

    /// <summary>How long one request may take; a policy may ask for less.</summary>
    public TimeSpan TimeOut { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The most bytes of a response's body.</summary>
    public int MaxResponseBytes { get; init; } = 1_000_000;

    /// <summary>Finds the addresses of a name; without it <c>net.lookup_ip_addr</c> always fails.</summary>
    public Func<string, IReadOnlyList<string>>? LookUp { get; init; }

    internal HttpMessageInvoker Invoker { get; }

    /// <summary>Whether a host may be reached.</summary>
    /// <param name="host">A name or an address, without a port.</param>
    public bool Allows(string host) => _allowedHosts.Any(allowed =>
        string.Equals(allowed, host, StringComparison.OrdinalIgnoreCase)
        || (allowed.StartsWith("*.", StringComparison.Ordinal)
            && host.EndsWith(allowed[1..], StringComparison.OrdinalIgnoreCase)));
}
