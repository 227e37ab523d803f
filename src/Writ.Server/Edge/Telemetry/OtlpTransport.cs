using System.Diagnostics.Metrics;
using System.Net;

namespace Writ.Server.Edge;

/// <summary>
/// What carries telemetry to its collector: no redirects, no cookies, and the headers of a file, read again for each
/// request, so that a token in it can be exchanged. Counts what the collector did not take.
/// </summary>
internal sealed class OtlpTransport(OtlpTarget target, Counter<long> failures, string signal) : DelegatingHandler(
    new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        ConnectTimeout = TimeSpan.FromSeconds(5),
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        ActivityHeadersPropagator = null, // telemetry of telemetry is nobody's
    })
{
    private const int MostHeaders = 16;

    /// <summary>A client of its own; owned by whoever asks.</summary>
    public static HttpClient Client(OtlpTarget target, Counter<long> failures, string signal) =>
        new(new OtlpTransport(target, failures, signal)) { Timeout = TimeSpan.FromSeconds(10) };

    // The exporter waits on a thread of its own, by the calls that block.
    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            Add(request);
            return Judge(base.Send(request, cancellationToken));
        }
        catch
        {
            Count();
            throw;
        }
    }

    protected override async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            Add(request);
            return Judge(await base.SendAsync(request, cancellationToken));
        }
        catch
        {
            Count();
            throw;
        }
    }

    /// <summary>The lines of a file of headers: <c>name: value</c>. Throws <see cref="FormatException"/>.</summary>
    internal static IEnumerable<(string Name, string Value)> Read(string text)
    {
        var lines = text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Where(line => line[0] != '#').ToArray();
        if (lines.Length > MostHeaders) throw new FormatException("The file of headers has too many lines.");
        foreach (var line in lines)
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon < 1 || line.Any(char.IsControl))
                throw new FormatException("A line of the file of headers is “name: value”.");
            yield return (line[..colon].Trim(), line[(colon + 1)..].Trim());
        }
    }

    private void Add(HttpRequestMessage request)
    {
        if (target.HeadersFile is null) return;
        foreach (var (name, value) in Read(File.ReadAllText(target.HeadersFile)))
        {
            request.Headers.Remove(name);
            request.Headers.TryAddWithoutValidation(name, value);
        }
    }

    private HttpResponseMessage Judge(HttpResponseMessage answer)
    {
        if (answer.StatusCode != HttpStatusCode.OK) Count();
        return answer;
    }

    private void Count() => failures.Add(1, new KeyValuePair<string, object?>("signal", signal));
}
