using System.Collections.Concurrent;
using System.Collections.Frozen;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;
using Writ.Protocol;

namespace Writ.Client;

/// <summary>
/// Forwards <c>/api/{resource}/…</c> to the registered resource of that name with a token and a proof of the run's own.
/// Bodies stream both ways; redirects are handed back, not followed; what the broker does not grant is not reached.
/// </summary>
internal sealed class RunForwarder(WorkTaskHandle task, RunTokens tokens) : IDisposable
{
    internal const string Prefix = "/api/";
    private const int MaxResources = 64;

    // RFC 9110 §7.6.1, and what is ours to set.
    private static readonly FrozenSet<string> NotForwarded = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase,
        HeaderNames.Connection, HeaderNames.KeepAlive, HeaderNames.ProxyAuthenticate, HeaderNames.ProxyAuthorization,
        HeaderNames.ProxyConnection, HeaderNames.TE, HeaderNames.Trailer, HeaderNames.TransferEncoding,
        HeaderNames.Upgrade, HeaderNames.Host, HeaderNames.Authorization, HeaderNames.Expect,
        ProofKey.HeaderName, ProofKey.NonceHeaderName, HeaderNames.TraceParent, HeaderNames.TraceState);

    private readonly ConcurrentDictionary<string, HttpMessageInvoker> _resources = new(StringComparer.Ordinal);

    internal async Task ForwardAsync(HttpContext http)
    {
        var (name, path) = Split(http);
        if (!ResourceName.TryParse(name, out var resource)
            || (_resources.Count >= MaxResources && !_resources.ContainsKey(resource.Value)))
        {
            await RunAnswer.ProblemAsync(http, 404, "unknown_resource", "Expected /api/{resource}/…");
            return;
        }

        var ask = TokenAsk.For(resource.Value);
        var token = await tokens.GetAsync(ask, http.RequestAborted);
        var place = token.Resource
            ?? throw new WritException("resource_unclear", "The resource is not one that HTTP reaches.");
        using var request = Request(http, new Uri(place.ToString().TrimEnd('/') + path));
        var transport = _resources.GetOrAdd(resource.Value, _ => new HttpMessageInvoker(task.CreateHandler(ask)));
        HttpResponseMessage answer;
        try
        {
            answer = await transport.SendAsync(request, http.RequestAborted);
        }
        catch (HttpRequestException e)
        {
            throw new WritException("resource_unreachable", $"{SafeOrigin.Of(place)} could not be reached.", e);
        }

        using (answer)
            await GiveAsync(http, answer);
    }

    public void Dispose()
    {
        foreach (var transport in _resources.Values)
            transport.Dispose();
    }

    // The path as it was sent: an escaped slash must stay escaped.
    private static (string Name, string Path) Split(HttpContext http)
    {
        var target = http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        if (!target.StartsWith(Prefix, StringComparison.Ordinal))
            return ("", "");
        var end = target.AsSpan(Prefix.Length).IndexOfAny('/', '?');
        return end < 0
            ? (target[Prefix.Length..], "")
            : (target.Substring(Prefix.Length, end), target[(Prefix.Length + end)..]);
    }

    private static HttpRequestMessage Request(HttpContext http, Uri target)
    {
        var request = new HttpRequestMessage(new HttpMethod(http.Request.Method), target);
        var hasBody = http.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody ?? false;
        if (hasBody)
            request.Content = new StreamContent(http.Request.Body);
        var named = Named(http.Request.Headers.Connection);
        foreach (var (name, values) in http.Request.Headers)
        {
            if (NotForwarded.Contains(name) || named.Contains(name))
                continue;
            if (!request.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values))
                request.Content?.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
        }

        return request;
    }

    private static async Task GiveAsync(HttpContext http, HttpResponseMessage answer)
    {
        http.Response.StatusCode = (int)answer.StatusCode;
        var named = Named(answer.Headers.Connection);
        foreach (var (name, values) in answer.Headers.Concat(answer.Content.Headers))
        {
            if (!NotForwarded.Contains(name) && !named.Contains(name))
                http.Response.Headers[name] = values.ToArray();
        }

        await http.Response.StartAsync(http.RequestAborted);
        await answer.Content.CopyToAsync(http.Response.Body, http.RequestAborted);
    }

    // RFC 9110 §7.6.1: what Connection names is for this hop alone.
    private static HashSet<string> Named(IEnumerable<string?> connection) =>
        connection
            .SelectMany(value => (value ?? "").Split(',', StringSplitOptions.TrimEntries))
            .ToHashSet(StringComparer.OrdinalIgnoreCase);
}
