using Writ.Rego.Values;

namespace Writ.Rego.Builtins.Net;

/// <summary>What a policy wants sent, checked, and what of it is still sent after a redirect.</summary>
internal sealed record OutgoingRequest(
    HttpMethod Method, string? Body, IReadOnlyList<(string Name, string Value)> Headers)
{
    /// <summary>Headers that say nothing that only the first host is to know.</summary>
    private static readonly string[] Harmless = ["Accept", "Accept-Encoding", "Accept-Language", "User-Agent"];

    private bool IsSafe => Method == HttpMethod.Get || Method == HttpMethod.Head;

    public static OutgoingRequest Of(RegoObject request)
    {
        foreach (var (name, value) in request)
        {
            // Whoever asks for a certificate to be shown or checked must not be served without.
            if (name is RegoString { Value: var text } && text.StartsWith("tls_", StringComparison.Ordinal)
                && !value.Equals(RegoBoolean.Of(text is "tls_use_system_certs")))
            {
                throw BuiltinError.Failed($"'{text}' is not supported");
            }
        }

        return new OutgoingRequest(MethodOf(request), BodyOf(request), HeadersOf(request));
    }

    public HttpRequestMessage To(Uri url)
    {
        var message = new HttpRequestMessage(Method, url);
        if (Body is not null)
        {
            message.Content = new ByteArrayContent(ByteText.Encode(Body));
        }

        foreach (var (name, value) in Headers)
        {
            if (!message.Headers.TryAddWithoutValidation(name, value))
            {
                message.Content?.Headers.TryAddWithoutValidation(name, value);
            }
        }

        return message;
    }

    /// <summary>
    /// Redirects but those that keep the method ask for what they point at (RFC 9110 §15.4). What a policy says to one
    /// host, credentials above all, is not for another.
    /// </summary>
    public OutgoingRequest Redirected(int status, Uri from, Uri to)
    {
        var next = status is 307 or 308 || IsSafe ? this : this with { Method = HttpMethod.Get, Body = null };
        if (from.GetLeftPart(UriPartial.Authority) == to.GetLeftPart(UriPartial.Authority))
        {
            return next;
        }

        return next.IsSafe
            ? next with
            {
                Body = null,
                Headers = [.. Headers.Where(one => Harmless.Contains(one.Name, StringComparer.OrdinalIgnoreCase))],
            }
            : throw new HttpRequestException("a redirect to another host that asks for the same body");
    }

    private static HttpMethod MethodOf(RegoObject request)
    {
        var name = TextOf(request, "method").ToUpperInvariant();
        return name.Length > 0 && name.All(char.IsAsciiLetterUpper)
            ? new HttpMethod(name)
            : throw BuiltinError.Failed($"not a method: {TermText.Quote(name)}");
    }

    private static string? BodyOf(RegoObject request) =>
        request.TryGet("raw_body", out _) ? TextOf(request, "raw_body")
            : request.TryGet("body", out var body) ? body.ToJson()
            : null;

    private static List<(string Name, string Value)> HeadersOf(RegoObject request)
    {
        var found = new List<(string Name, string Value)>();
        foreach (var (name, value) in request.TryGet("headers", out var headers) && headers is RegoObject map
            ? map
            : RegoObject.Empty)
        {
            var (key, text) = ((name as RegoString)?.Value ?? "", (value as RegoString)?.Value ?? value.ToJson());
            if (key.Length == 0 || text.AsSpan().ContainsAny("\r\n\0")
                || key.Any(c => !char.IsAsciiLetterOrDigit(c) && !"!#$%&'*+-.^_`|~".Contains(c)))
            {
                throw BuiltinError.Failed($"not a header: {TermText.Quote(key)}");
            }

            // The host is the one that was allowed, and the length that of the body.
            if (key.ToUpperInvariant() is "HOST" or "CONTENT-LENGTH" or "TRANSFER-ENCODING")
            {
                throw BuiltinError.Failed($"the header '{key}' cannot be set");
            }

            found.Add((key, text));
        }

        return found;
    }

    private static string TextOf(RegoObject request, string member) =>
        (request.TryGet(member, out var value) ? value as RegoString : null)?.Value
        ?? throw BuiltinError.Failed($"'{member}' must be a string");
}
