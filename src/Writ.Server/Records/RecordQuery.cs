using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Writ.Server.Acts;
using Writ.Server.Storage;

namespace Writ.Server.Records;

/// <summary>What somebody asks of the log: the query of <c>/v1/records</c>, read.</summary>
/// <param name="Filter">Which records.</param>
/// <param name="IsBack">Whether the page before a place is wanted, and not the one behind it.</param>
/// <param name="Bond">What tokens of its pages are good for: the same question of the same caller.</param>
internal sealed record RecordQuery(RecordFilter Filter, bool IsBack, string Bond)
{
    /// <summary>The members that choose records.</summary>
    public static readonly string[] Filters =
    [
        "identity", "actor", "subject", "chain", "on_behalf_of", "task", "tree", "workflow", "resource", "action",
        "kind", "outcome", "reason", "policy", "approval", "approved_by", "credential", "decision_id", "from", "to",
    ];

    /// <summary>The members that choose a page of them.</summary>
    public static readonly string[] Pages = ["order", "after", "before", "limit"];

    private const int LongestText = 512;

    private static readonly string[] Times = ["yyyy-MM-ddTHH:mm:ssK", "yyyy-MM-ddTHH:mm:ss.FFFFFFFK", "yyyy-MM-dd"];

    public static (RecordQuery? Query, string? Fault) Of(ActCall call, PageTokens tokens)
    {
        var (filter, fault) = FilterOf(call);
        if (filter is null) return (null, fault);
        if (call.Query("order") is not (null or "asc" or "desc")) return (null, "order is asc or desc.");
        filter = filter with { NewestFirst = call.Query("order") == "desc", Limit = call.Limit };
        var bond = BondOf(call);
        var (after, before) = (call.Query("after"), call.Query("before"));
        if (after is not null && before is not null) return (null, "after and before go one at a time.");
        if ((after ?? before) is not { } token) return (new RecordQuery(filter, false, bond), null);
        if (tokens.Read(bond, token) is not { } page
            || !long.TryParse(page.Place, NumberStyles.None, CultureInfo.InvariantCulture, out var place))
            return (null, "after and before are what a page of the same question said.");
        return (new RecordQuery(filter with { After = place }, before is not null, bond), null);
    }

    public string TokenAt(long place, PageTokens tokens) =>
        tokens.Make(Bond, Filter.Limit, place.ToString(CultureInfo.InvariantCulture));

    /// <summary>What chooses records; and what is wrong with it.</summary>
    public static (RecordFilter? Filter, string? Fault) FilterOf(ActCall call)
    {
        foreach (var name in Filters)
        {
            if (call.Http.Request.Query[name].Count > 1) return (null, $"{name} is given once.");
            if (call.Query(name) is { Length: > LongestText } || call.Query(name)?.Contains('\0') == true)
                return (null, $"{name} is at most {LongestText} characters.");
        }
        if (!TryTime(call.Query("from"), out var from) || !TryTime(call.Query("to"), out var to))
            return (null, "from and to are times (RFC 3339), or microseconds since 1970.");
        if (from >= to) return (null, "from is before to.");
        if (call.Query("tree") is not (null or "true" or "false")) return (null, "tree is true or false.");
        var isTree = call.Query("tree") == "true";
        if (isTree && call.Query("task") is null) return (null, "tree needs a task.");
        if (call.Query("outcome") is not (null or "allow" or "deny")) return (null, "outcome is allow or deny.");
        if (call.Query("kind") is { } kind && !IsKind(kind))
            return (null, "kind is a word, or words with dots between them, such as token or token.issue.");
        return (new RecordFilter
        {
            Identity = call.Query("identity"),
            Actor = call.Query("actor"),
            Subject = call.Query("subject"),
            Chain = call.Query("chain"),
            OnBehalfOf = call.Query("on_behalf_of"),
            Task = call.Query("task"),
            IsTree = isTree,
            Workflow = call.Query("workflow"),
            Resource = NamesOf(call.Query("resource"), call.Registry),
            Action = call.Query("action"),
            Kind = call.Query("kind"),
            Outcome = call.Query("outcome"),
            Reason = call.Query("reason"),
            Policy = call.Query("policy"),
            Approval = call.Query("approval"),
            ApprovedBy = call.Query("approved_by"),
            Credential = call.Query("credential"),
            DecisionId = call.Query("decision_id"),
            From = from,
            To = to,
            Team = call.Team,
        }, null);
    }

    /// <summary>Of a registered resource records tell the name or the location.</summary>
    private static string[] NamesOf(string? resource, RegistrySnapshot registry)
    {
        if (resource is null) return [];
        if (registry.ByName.TryGetValue(resource, out var named)) return [resource, named.Uri];
        return registry.ByUri.TryGetValue(resource, out var placed) ? [resource, placed.Name] : [resource];
    }

    private static bool IsKind(string kind) =>
        kind.Split('.').All(word => word.Length > 0 && word.All(c => char.IsAsciiLetterLower(c) || c is '_' or '-'));

    private static string BondOf(ActCall call)
    {
        var asked = new StringBuilder("records\n").Append(call.Caller.Principal.Id).Append('\n').Append(call.Team);
        foreach (var name in Filters.Append("order"))
            if (call.Query(name) is { } value) asked.Append('\n').Append(name).Append('=').Append(value);
        return Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(asked.ToString())));
    }

    private static bool TryTime(string? text, out long? micros)
    {
        micros = null;
        if (text is null) return true;
        if (text.Length > 8 && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            micros = number;
            return number <= Instant.MaxMicros;
        }
        // Exactly: what is left out of a time would be taken from the host's clock.
        if (!DateTimeOffset.TryParseExact(
            text, Times, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time))
            return false;
        micros = time.ToMicros();
        return true;
    }
}
