using System.Text.Json;

namespace Writ.Server.Governance;

/// <summary>The body with which somebody who has a code registers their key.</summary>
public sealed record EnrolRequest
{
    public string? Code { get; init; }
    /// <summary>Who the first operator is; others were named by whoever made their code.</summary>
    public string? Name { get; init; }
    /// <summary>The public key, whose private half signs the DPoP proof of this request.</summary>
    public JsonElement? Jwk { get; init; }
}

/// <summary>The body that makes a code for somebody.</summary>
public sealed record EnrolmentRequest
{
    public string? Name { get; init; }
    /// <summary>viewer, operator or owner.</summary>
    public string? Role { get; init; }
    /// <summary>Left out: the trust domain.</summary>
    public string? Team { get; init; }
}

/// <summary>The body that changes an operator's role.</summary>
public sealed record OperatorChanges
{
    public string? Role { get; init; }
    /// <summary>The team that the role is for.</summary>
    public string? Team { get; init; }
    /// <summary>The role is for the trust domain: no team.</summary>
    public bool? WholeDomain { get; init; }
    /// <summary>The version that the change rests on; left out: whatever it is now.</summary>
    public long? Version { get; init; }
}
