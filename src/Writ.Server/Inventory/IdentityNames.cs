using Writ.Protocol;
using Writ.Server.Edge;
using Writ.Server.Storage;

namespace Writ.Server.Inventory;

/// <summary>
/// The names that identities may take. An id is <c>spiffe://domain/first/…</c>; lower case only, so that no two look
/// alike; never among the operators or users; and nothing that a path of this API would read as a verb.
/// </summary>
public sealed class IdentityNames(Settings settings)
{
    /// <summary>The most segments of a path: what the routes of this API have room for.</summary>
    public const int MaxSegments = 6;

    private static readonly string[] OfOthers = ["operator", "user", "writ"];
    private static readonly string[] Verbs = ["suspend", "resume", "decommission", "keys", "signals"];

    /// <summary>The id that a path of this API names; null where it can name none.</summary>
    public string? IdOf(string path) =>
        SpiffeId.TryParse($"spiffe://{settings.TrustDomain}/{path}", out var id) ? id.ToString() : null;

    /// <summary>The id of a new identity, or what is wrong with it.</summary>
    public (string? Id, string? Fault) New(string? name, string? id, string kind)
    {
        if (name is null == id is null) return (null, "Give name or id.");
        var text = id ?? $"spiffe://{settings.TrustDomain}/{(name!.Contains('/') ? name : $"{kind}/{name}")}";
        if (!SpiffeId.TryParse(text, out var parsed) || parsed.TrustDomain != settings.TrustDomain
            || parsed.Path.Length < 2)
            return (null, $"Not a SPIFFE id of the trust domain {settings.TrustDomain}.");
        var segments = parsed.Path[1..].Split('/');
        if (segments.Length is < 2 or > MaxSegments)
            return (null, $"A name has 2 to {MaxSegments} parts: agent/billing.");
        if (segments.Any(s => !PlainText.IsName(s))) return (null, $"Each part of a name is {PlainText.NameRule}.");
        if (OfOthers.Contains(segments[0], StringComparer.Ordinal))
            return (null, $"{segments[0]}/ is not for identities.");
        if (segments.Any(s => Verbs.Contains(s, StringComparer.Ordinal)))
            return (null, "suspend, resume, decommission, keys and signals are words of the API.");
        // A name that says another kind than the identity has would deceive whoever reads a list.
        return IdentityKind.All.Contains(segments[0], StringComparer.Ordinal) && segments[0] != kind
            ? (null, $"A name that begins with {segments[0]}/ is for that kind.")
            : (parsed.ToString(), null);
    }
}
