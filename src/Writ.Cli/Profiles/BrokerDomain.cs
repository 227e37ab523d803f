using System.Text.Json;
using System.Text.Json.Nodes;
using Writ.Client;
using Writ.Protocol;

namespace Writ.Cli.Profiles;

/// <summary>The trust domain of a broker, as its metadata says: what completes a short name where no profile does.
/// </summary>
internal static class BrokerDomain
{
    private const string Metadata = "/.well-known/oauth-authorization-server";

    /// <summary>Asks it; blocks for as long as that takes.</summary>
    /// <exception cref="UnableException">No broker's address, or nothing there that names a trust domain.</exception>
    /// <exception cref="WritException">Not reached.</exception>
    public static TrustDomain Of(string addr, CancellationToken cancel)
    {
        Session.CheckAddr(addr);
        using var transport = new SocketsHttpHandler { AllowAutoRedirect = false };
        using var http = new HttpClient(transport) { Timeout = Session.Patience };
        using var request = new HttpRequestMessage(HttpMethod.Get, addr + Metadata);
        try
        {
            using var answer = http.Send(request, cancel);
            using var body = answer.Content.ReadAsStream(cancel);
            if (answer.IsSuccessStatusCode
                && JsonNode.Parse(body) is JsonObject metadata
                && (string?)metadata["issuer"] == addr // RFC 8414 §3.3
                && TrustDomain.TryParse((string?)metadata["writ_trust_domain"], out var domain))
            {
                return domain;
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // No metadata of ours, as below.
        }
        catch (Exception e) when (e is HttpRequestException or IOException
            || (e is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            throw new WritException("broker_unreachable", $"The broker at {addr} could not be reached.", e);
        }

        throw new UnableException(
            $"{addr} does not say which trust domain it is: "
            + "give the whole SPIFFE id, spiffe://example.org/agent/billing.");
    }
}
