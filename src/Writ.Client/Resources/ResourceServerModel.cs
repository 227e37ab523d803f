using System.Collections.Frozen;
using Microsoft.Extensions.Options;
using Writ.Protocol;

namespace Writ.Client;

/// <summary>The checked, immutable model of <see cref="WritOptions"/>.</summary>
internal sealed record ResourceServerModel(
    VerifierSettings Verifier, FrozenDictionary<string, string> Resources, string PublicOrigin)
{
    internal static ResourceServerModel Of(WritOptions options)
    {
        if (!SpiffeId.TryParse(options.ClientId, out _))
            throw Fault("ClientId must be a SPIFFE id: spiffe://example.org/workload/orders-api");
        if (options.Resources.Count == 0)
            throw Fault("Resources must name at least one registered resource");
        foreach (var (name, uri) in options.Resources)
        {
            if (!ResourceName.TryParse(name, out _) || !AuthorizationDetail.IsLocation(uri))
                throw Fault($"Resources: {name} is no resource name, or its URI is no absolute URI");
        }

        var origin = options.PublicOrigin ?? options.Resources.Values.First();
        if (!Uri.TryCreate(origin, UriKind.Absolute, out var parsed) || !SafeOrigin.IsSafe(parsed))
            throw Fault("PublicOrigin (or the first resource) must be an https URL, or http on loopback");
        if (options.Skew < TimeSpan.Zero || options.StaleAfter <= TimeSpan.Zero || options.ProofMaxAge <= TimeSpan.Zero)
            throw Fault("Skew, StaleAfter and ProofMaxAge must not be negative");

        var settings = new VerifierSettings
        {
            Issuer = options.Issuer,
            Audiences = options.Resources.Values.ToFrozenSet(StringComparer.Ordinal),
            Skew = options.Skew,
            ProofMaxAge = options.ProofMaxAge,
            RequireNonce = options.RequireNonce,
            AllowBearer = options.AllowBearer,
            MaxRememberedProofs = options.MaxRememberedProofs,
            MaxCachedTokens = options.MaxCachedTokens,
        };
        return new ResourceServerModel(
            settings, options.Resources.ToFrozenDictionary(StringComparer.Ordinal), SafeOrigin.Of(parsed));
    }

    private static OptionsValidationException Fault(string why) => new("Writ", typeof(WritOptions), [why + "."]);
}
