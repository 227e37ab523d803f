using System.Net;
using System.Net.Http.Headers;

namespace Writ.Client;

/// <summary>
/// Sends requests with a token bound to our key (RFC 9449 §7) or certificate (RFC 8705 §3): to the token's resource and
/// nowhere else, along no redirect. A refused nonce or token is mended once, then the answer is the caller's.
/// </summary>
internal sealed class BoundTokenHandler(TokenCache tokens, BrokerConnection broker) : HttpMessageHandler
{
    // A body up to this size is kept in memory so that it can be sent again; a larger one is sent once.
    private const long MaxReplayBytes = 1024 * 1024;

    private readonly HttpMessageInvoker _transport = new(broker.Transport, disposeHandler: false);

    protected override async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var target = request.RequestUri ?? throw new InvalidOperationException("The request has no URI.");
        var isReplayable = await IsReplayableAsync(request, cancellationToken);
        var hasNewNonce = false;
        string? refused = null;
        while (true)
        {
            var token = await tokens.GetAsync(refused, cancellationToken);
            Guard(token, target);
            Authorize(request, target, token);

            var answer = await _transport.SendAsync(request, cancellationToken);
            var learnt = broker.Proofs.Learn(target, answer);
            if (answer.StatusCode != HttpStatusCode.Unauthorized || !isReplayable)
                return answer;
            switch (ErrorOf(answer))
            {
                case "use_dpop_nonce" when learnt && !hasNewNonce:
                    hasNewNonce = true;
                    break;
                case "invalid_token" when refused is null:
                    refused = token.Value;
                    break;
                default:
                    return answer;
            }

            answer.Dispose();
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _transport.Dispose();
        base.Dispose(disposing);
    }

    private void Authorize(HttpRequestMessage request, Uri target, IssuedToken token)
    {
        request.Headers.Remove(ProofKey.HeaderName);
        if (broker.BoundTo is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token.Value);
            return;
        }

        request.Headers.Authorization = new AuthenticationHeaderValue("DPoP", token.Value);
        request.Headers.Add(
            ProofKey.HeaderName, broker.Proofs.Prove(request.Method.Method, target, token.Value));
    }

    private void Guard(IssuedToken token, Uri target)
    {
        if (token.Resource is not { } resource)
            throw new WritException("resource_unclear", "The token is not for exactly one resource that HTTP reaches.");
        if (!SafeOrigin.IsWithin(resource, target) && !broker.IsAlias(resource, target))
        {
            throw new WritException(
                "wrong_resource", $"The token is for {resource}: it is not sent to {SafeOrigin.Of(target)}.");
        }

        if (broker.BoundTo is not null && target.Scheme != Uri.UriSchemeHttps)
        {
            throw new WritException(
                "no_tls", $"The token is bound to a certificate, which cannot be shown to {SafeOrigin.Of(target)}.");
        }
    }

    private static async Task<bool> IsReplayableAsync(HttpRequestMessage request, CancellationToken cancel)
    {
        if (request.Content is not { } content)
            return true;
        if (content.Headers.ContentLength is not <= MaxReplayBytes)
            return false;
        await content.LoadIntoBufferAsync(MaxReplayBytes, cancel);
        return true;
    }

    // RFC 9110 §11.6.1 as servers write it: scheme, then parameters. Only two words of it are of interest.
    private static string? ErrorOf(HttpResponseMessage answer)
    {
        foreach (var challenge in answer.Headers.WwwAuthenticate)
        {
            if (challenge.Parameter is not { } parameters)
                continue;
            foreach (var error in (string[])["use_dpop_nonce", "invalid_token"])
            {
                if (parameters.Contains($"error=\"{error}\"", StringComparison.Ordinal))
                    return error;
            }
        }

        return null;
    }
}
