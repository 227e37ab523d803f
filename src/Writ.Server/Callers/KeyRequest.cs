using System.Text.Json;

namespace Writ.Server.Callers;

/// <summary>A key that somebody registers, as the management API takes it. The kind says which members count.</summary>
public sealed record KeyRequest
{
    /// <summary>jwk, certificate, ca_san or secret.</summary>
    public string? Kind { get; init; }
    /// <summary>A public key (RFC 7517).</summary>
    public JsonElement? Jwk { get; init; }
    /// <summary>One certificate, without its private key.</summary>
    public string? Pem { get; init; }
    /// <summary>The configured authority that issues the certificates.</summary>
    public string? Ca { get; init; }
    /// <summary>The name that they bear: <c>uri:…</c> or <c>dns:…</c>.</summary>
    public string? San { get; init; }
    /// <summary>Up to 90, which is what it is when left out.</summary>
    public int? ExpiresInDays { get; init; }
}
