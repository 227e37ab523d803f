using Writ.Rego.Values;
using Writ.Server.Storage;

namespace Writ.Server.Decisions;

/// <summary>The subject of a question: an identity or an operator, as the registry has them.</summary>
internal static class SubjectFacts
{
    public static RegoObject Of(Principal who, Facts facts) => new RegoObject.Builder(3)
        .Set("type", RegoString.Of(who.Identity?.Kind ?? "operator"))
        .Set("id", RegoString.Of(who.Id))
        .Set("properties", who.Identity is { } identity ? Of(identity, facts.Now) : Of(who.Operator!, facts.Now))
        .Build();

    private static RegoObject Of(IdentityRow identity, DateTimeOffset now)
    {
        var properties = new RegoObject.Builder(12)
            .Set("kind", RegoString.Of(identity.Kind))
            .Set("owner", RegoString.Of(identity.Owner))
            .Set("team", RegoString.Of(identity.Team))
            .Set("purpose", RegoString.Of(identity.Purpose))
            .Set("labels", RegoValue.ParseJson(identity.Labels))
            .Set("clearance", RegoString.Of(identity.Clearance))
            .Set("status", RegoString.Of(identity.Status))
            .Set("age_seconds", Seconds(now.ToMicros() - identity.CreatedAt))
            .Set("expires_in_seconds", Seconds(identity.ExpiresAt - now.ToMicros()))
            .Set("bearer", RegoBoolean.Of(identity.Bearer));
        // An unknown level has no rank: what compares it is undefined, and refuses.
        if (Classification.Levels.Contains(identity.Clearance, StringComparer.Ordinal))
            properties.Set("clearance_rank", RegoNumber.Of(Classification.Rank(identity.Clearance)));
        return properties.Build();
    }

    private static RegoObject Of(OperatorRow person, DateTimeOffset now)
    {
        var properties = new RegoObject.Builder(6)
            .Set("kind", RegoString.Of("operator"))
            .Set("name", RegoString.Of(person.Name))
            .Set("role", RegoString.Of(person.Role))
            .Set("status", RegoString.Of(person.Status))
            .Set("age_seconds", Seconds(now.ToMicros() - person.CreatedAt));
        if (person.Team is { } team) properties.Set("team", RegoString.Of(team));
        return properties.Build();
    }

    internal static RegoNumber Seconds(long micros) => RegoNumber.Of(micros / 1_000_000);
}
