using System.Globalization;
using Writ.Rego.Builtins.Documents;
using Writ.Rego.Builtins.Time;
using Writ.Rego.Values;

namespace Writ.Rego.Builtins.Net;

/// <summary>One request of <c>http.send</c> and its answer; each host on the way is checked.</summary>
internal sealed class HttpExchange(BuiltinContext context, NetworkAccess access, RegoObject request)
{
    private const int MostRedirects = 10;
    private const string NetworkError = "eval_http_send_network_error";
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(20);

    public RegoValue Send()
    {
        try
        {
            return SendAndFollow();
        }
        catch (Exception error) when (IsOfNetwork(error))
        {
            context.CheckTime();
            Work.Check();
            var message = error is OperationCanceledException ? "request timed out" : error.Message;
            if (!request.TryGet("raise_error", out var raises) || !raises.Equals(RegoBoolean.False))
            {
                throw BuiltinError.Failed(message);
            }

            return new RegoObject.Builder()
                .Set("status_code", RegoNumber.Zero)
                .Set("error", new RegoObject.Builder()
                    .Set("code", RegoString.Of(NetworkError)).Set("message", RegoString.Of(message)).Build())
                .Build();
        }
    }

    private static bool IsOfNetwork(Exception error) =>
        error is HttpRequestException or OperationCanceledException or IOException;

    private RegoObject SendAndFollow()
    {
        using var timer = new CancellationTokenSource(TimeOut());
        using var both = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, context.Cancellation);
        var url = Url(Text("url"));
        var sent = OutgoingRequest.Of(request);
        for (var i = 0; i <= MostRedirects; i++)
        {
            using var message = sent.To(url);
            using var response = access.Invoker.Send(message, both.Token);
            var isRedirect = (int)response.StatusCode is >= 300 and < 400 && response.Headers.Location is not null;
            if (!isRedirect || !request.TryGet("enable_redirect", out var follows)
                || !follows.Equals(RegoBoolean.True))
            {
                return Answer(response, both.Token);
            }

            var next = Uri.TryCreate(url, response.Headers.Location, out var location)
                ? Url(location.AbsoluteUri)
                : throw new HttpRequestException("a redirect to what is no URL");
            sent = sent.Redirected((int)response.StatusCode, from: url, to: next);
            url = next;
        }

        throw new HttpRequestException($"stopped after {MostRedirects} redirects");
    }

    private Uri Url(string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
        {
            throw BuiltinError.Failed($"not an absolute URL of http or https: {text}");
        }

        return access.Allows(url.Host) ? url : throw BuiltinError.Failed($"unallowed host: {url.Host}");
    }

    private RegoObject Answer(HttpResponseMessage response, CancellationToken cancellation)
    {
        var body = ReadBody(response, cancellation);
        var headers = new RegoObject.Builder();
        foreach (var (name, values) in response.Headers.Concat(response.Content.Headers))
        {
            headers.Set(name.ToLowerInvariant(), RegoArray.Of(values.Select(RegoString.Of)));
        }

        var code = (int)response.StatusCode;
        return new RegoObject.Builder()
            .Set("status", RegoString.Of(string.Create(
                CultureInfo.InvariantCulture, $"{code} {response.ReasonPhrase}").TrimEnd()))
            .Set("status_code", RegoNumber.Of(code))
            .Set("raw_body", RegoString.Of(body))
            .Set("body", Decoded(response, body))
            .Set("headers", headers.Build()).Build();
    }

    private RegoValue Decoded(HttpResponseMessage response, string body)
    {
        var type = response.Content.Headers.ContentType?.MediaType ?? "";
        if (IsAsked("force_json_decode") || type.EndsWith("json", StringComparison.OrdinalIgnoreCase))
        {
            return JsonBuiltins.TryParse(body) ?? RegoNull.Instance;
        }

        var isYaml = IsAsked("force_yaml_decode") || type.EndsWith("yaml", StringComparison.OrdinalIgnoreCase);
        return isYaml ? YamlReader.Read(body) : RegoNull.Instance;
    }

    /// <summary>
    /// A stream that is read at once does not look at the time: it is closed when the time is over.
    /// </summary>
    private string ReadBody(HttpResponseMessage response, CancellationToken cancellation)
    {
        using var closing = cancellation.Register(response.Dispose);
        try
        {
            using var stream = response.Content.ReadAsStream(cancellation);
            var bytes = new byte[access.MaxResponseBytes + 1];
            var count = 0;
            for (var read = -1; count < bytes.Length && read != 0; count += read)
            {
                cancellation.ThrowIfCancellationRequested();
                read = stream.Read(bytes, count, bytes.Length - count);
            }

            cancellation.ThrowIfCancellationRequested();
            return count <= access.MaxResponseBytes
                ? ByteText.Decode(bytes.AsSpan(0, count))
                : throw BuiltinError.Failed($"a response of more than {access.MaxResponseBytes} bytes");
        }
        catch (Exception error) when (cancellation.IsCancellationRequested
            && (error is IOException or ObjectDisposedException or HttpRequestException))
        {
            throw new OperationCanceledException(error.Message, error, cancellation);
        }
    }

    /// <summary>Nanoseconds or a duration; never more than the operator's, and not beyond the query's end.</summary>
    private TimeSpan TimeOut()
    {
        var nanoseconds = request.TryGet("timeout", out var wanted)
            ? wanted switch
            {
                RegoNumber number when number.TryGetInt64(out var given) => given,
                RegoString text => Duration.Parse(text.Value),
                _ => throw BuiltinError.Failed("'timeout' must be a duration or a number of nanoseconds"),
            }
            : 0;
        var asked = TimeSpan.FromMilliseconds(nanoseconds / 1_000_000);
        var own = asked > TimeSpan.Zero && asked < access.TimeOut ? asked : access.TimeOut;

        // When the query's time is over, its error is the answer, not that of this call: it must be over for certain.
        return Work.TimeLeft is { } left && left + Grace < own
            ? TimeSpan.FromMilliseconds(Math.Max((left + Grace).TotalMilliseconds, 0))
            : own;
    }

    private bool IsAsked(string member) =>
        request.TryGet(member, out var value) && value.Equals(RegoBoolean.True);

    private string Text(string member) =>
        (request.TryGet(member, out var value) ? value as RegoString : null)?.Value
        ?? throw BuiltinError.Failed($"'{member}' must be a string");
}
