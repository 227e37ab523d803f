using Writ.Protocol;
using Writ.Server.Edge;
using Writ.Server.Storage;

namespace Writ.Server.Callers;

/// <summary>What people call identities and operators, as the ids that rows, records and tokens carry.</summary>
public sealed class PrincipalNames(Settings settings, Registry registry)
{
    public string OperatorId(string name) => SpiffeId.Of(settings.TrustDomain, "operator", name).ToString();

    /// <summary>By id; by path (<c>agent/billing</c>); or by a single word of the usual kind. Null: it can name nobody
    /// of this trust domain.</summary>
    public string? IdOf(string text, string kind)
    {
        var whole = text.StartsWith("spiffe://", StringComparison.Ordinal) ? text
            : $"spiffe://{settings.TrustDomain}/{(text.Contains('/') ? text : $"{kind}/{text}")}";
        return SpiffeId.TryParse(whole, out var id) && id.TrustDomain == settings.TrustDomain ? id.ToString() : null;
    }

    public async Task<Principal?> FindAsync(string text, string kind, CancellationToken cancel = default) =>
        IdOf(text, kind) is { } id ? await registry.FindAsync(id, cancel) : null;

    /// <summary>What an owner is called in rows: the id. Who is unknown stays as written, and is found.</summary>
    public async Task<string> OwnerAsync(string owner, CancellationToken cancel = default) =>
        (await FindAsync(owner, "operator", cancel))?.Id ?? owner;

    /// <summary>Whether an owner is somebody who can mend what they own.</summary>
    public async Task<bool> IsOperatorAsync(string id, CancellationToken cancel = default) =>
        await registry.FindAsync(id, cancel) is { Operator.Status: IdentityStatus.Active };
}
