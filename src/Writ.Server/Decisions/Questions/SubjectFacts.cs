using System.Runtime.CompilerServices;
using Writ.Rego.Values;
using Writ.Server.Storage;

namespace Writ.Server.Decisions;

/// <summary>
/// The subject of a question: an identity or an operator, as the registry has them. All but their ages is made once
/// for each version of them.
/// </summary>
internal static class SubjectFacts
{
    private static readonly RegoObject.Shape Subject = new("type", "id", "properties");

    // An unknown level has no rank: what compares it is undefined, and refuses.
    private static readonly RegoObject.Shape Identity = new(
        "age_seconds", "expires_in_seconds", "kind", "owner", "team", "purpose", "labels", "clearance",
        "clearance_rank", "status", "bearer");

    private static readonly RegoObject.Shape Person = new("age_seconds", "kind", "name", "role", "status", "team");

    private static readonly int AgeOfIdentity = Identity.SlotOf("age_seconds");
    private static readonly int RestOfIdentity = Identity.SlotOf("expires_in_seconds");
    private static readonly int AgeOfPerson = Person.SlotOf("age_seconds");

    private static readonly ConditionalWeakTable<Principal, Lasting> Known = [];

    public static RegoObject Of(Principal who, Facts facts)
    {
        var known = Known.GetValue(who, static who => new Lasting(who));
        return Subject.Of(known.Type, known.Id, known.Properties(facts.Now.ToMicros()));
    }

    internal static RegoNumber Seconds(long micros) => RegoNumber.Of(micros / 1_000_000);

    /// <summary>What does not change from one second to the next.</summary>
    private sealed class Lasting
    {
        private readonly IdentityRow? _identity;
        private readonly long _createdAt;
        private readonly RegoValue?[] _properties;

        public Lasting(Principal who)
        {
            _identity = who.Identity;
            _createdAt = who.Identity?.CreatedAt ?? who.Operator!.CreatedAt;
            Type = Word.Of(who.Identity?.Kind ?? "operator");
            Id = RegoString.Of(who.Id);
            _properties = who.Identity is { } identity ? Of(identity) : Of(who.Operator!);
        }

        public RegoString Type { get; }

        public RegoString Id { get; }

        public RegoObject Properties(long now)
        {
            RegoValue?[] all = [.. _properties];
            var age = Seconds(now - _createdAt);
            if (_identity is null)
            {
                all[AgeOfPerson] = age;
                return Person.Of(all);
            }
            all[AgeOfIdentity] = age;
            all[RestOfIdentity] = Seconds(_identity.ExpiresAt - now);
            return Identity.Of(all);
        }

        private static RegoValue?[] Of(IdentityRow identity) => Identity.Slots(
            ("kind", RegoString.Of(identity.Kind)),
            ("owner", RegoString.Of(identity.Owner)),
            ("team", RegoString.Of(identity.Team)),
            ("purpose", RegoString.Of(identity.Purpose)),
            ("labels", RegoValue.ParseJson(identity.Labels)),
            ("clearance", RegoString.Of(identity.Clearance)),
            ("clearance_rank", ResourceFacts.Rank(identity.Clearance)),
            ("status", RegoString.Of(identity.Status)),
            ("bearer", RegoBoolean.Of(identity.Bearer)));

        private static RegoValue?[] Of(OperatorRow person) => Person.Slots(
            ("kind", Word.Of("operator")),
            ("name", RegoString.Of(person.Name)),
            ("role", RegoString.Of(person.Role)),
            ("status", RegoString.Of(person.Status)),
            ("team", person.Team is { } team ? RegoString.Of(team) : null));
    }
}
