using Writ.Protocol;

namespace Writ.Cli.Profiles;

/// <summary>Who somebody is at which broker.</summary>
/// <param name="Addr">The broker's issuer.</param>
/// <param name="ClientId">The SPIFFE id of the operator or identity.</param>
/// <param name="KeyFile">The PEM file with its private key.</param>
internal sealed record Profile(string Addr, string ClientId, string KeyFile)
{
    /// <summary>Whether it is a person, and not an identity.</summary>
    public bool IsOperator =>
        SpiffeId.TryParse(ClientId, out var id) && id.Path.StartsWith("/operator/", StringComparison.Ordinal);
}
