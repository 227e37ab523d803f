using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Writ.Client;

/// <summary>Where credentials may be sent: https anywhere, plain http on loopback; never beyond a place.</summary>
internal static class SafeOrigin
{
    internal static bool IsSafe(Uri uri) =>
        uri.IsAbsoluteUri
        && uri.UserInfo.Length == 0
        && (uri.Scheme == Uri.UriSchemeHttps || (uri.Scheme == Uri.UriSchemeHttp && uri.IsLoopback));

    /// <summary>Scheme, host and port.</summary>
    internal static string Of(Uri uri) => uri.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped);

    /// <summary>
    /// Whether a URI lies at or below another: same origin, and the path continues at a slash. Dot segments are gone
    /// from both, since <see cref="Uri"/> resolves them.
    /// </summary>
    internal static bool IsWithin(Uri place, Uri uri)
    {
        if (!uri.IsAbsoluteUri || !string.Equals(Of(place), Of(uri), StringComparison.Ordinal))
            return false;
        var root = place.AbsolutePath;
        if (!root.EndsWith('/'))
            root += "/";
        return (uri.AbsolutePath + "/").StartsWith(root, StringComparison.Ordinal);
    }

    /// <summary>Refuses a transport that would carry a token along a redirect.</summary>
    internal static HttpMessageHandler Checked(HttpMessageHandler handler)
    {
        for (var at = handler; at is not null; at = (at as DelegatingHandler)?.InnerHandler)
        {
            if (at is SocketsHttpHandler { AllowAutoRedirect: true } or HttpClientHandler { AllowAutoRedirect: true })
            {
                throw new ArgumentException(
                    "The handler must not follow redirects: set AllowAutoRedirect to false.", nameof(handler));
            }
        }

        return handler;
    }

    /// <summary>A transport of our own; one that shows a certificate shows it to every server that asks.</summary>
    internal static SocketsHttpHandler NewTransport(X509Certificate2? certificate)
    {
        var transport = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            ConnectTimeout = TimeSpan.FromSeconds(5),
            ActivityHeadersPropagator = CarriedTrace.Propagator,
        };
        if (certificate is not null)
        {
            // The context, not the collection: that one is sifted by what the server hints at, and may come out empty.
            transport.SslOptions.ClientCertificateContext =
                SslStreamCertificateContext.Create(certificate, additionalCertificates: null, offline: true);
        }

        return transport;
    }
}
