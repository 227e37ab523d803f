using Writ.Rego.Values;

namespace Writ.Server.Decisions;

/// <summary>
/// What whoever asks says of a subject or a resource that nobody registered is in the question twice: as that subject
/// or resource, and among all that was said. Its record keeps it once.
/// </summary>
internal static class Repeated
{
    private const string Properties = "properties";

    /// <summary>All that was said, without what stands in the question as its subject and resource; null: nothing does.
    /// </summary>
    public static RegoObject? Without(RegoObject said, bool subject, bool resource)
    {
        RegoObject? less = null;
        foreach (var (member, isThere) in ((string, bool)[])[("subject", subject), ("resource", resource)])
            if (isThere && Member(said, member) is { } entity && Member(entity, Properties) is { Count: > 0 })
                less = Put(less ?? said, member, Put(entity, Properties, null));
        return less;
    }

    /// <summary>The context as it was asked, of a recorded one.</summary>
    public static RegoObject Restore(RegoObject context, RegoObject subject, RegoObject resource)
    {
        if (Member(context, "caller") is not { } said || Member(context, "facts") is not { } facts) return context;
        var whole = said;
        foreach (var (member, described) in ((string, RegoObject)[])[("subject", subject), ("resource", resource)])
            if (IsAsserted(facts, member) && Member(described, Properties) is { Count: > 0 } properties
                && Member(said, member) is { } entity && !entity.TryGet(Properties, out _))
                whole = Put(whole, member, Put(entity, Properties, properties));
        return ReferenceEquals(whole, said) ? context : Put(context, "caller", whole);
    }

    /// <summary>An object with another value of a member; null: without it.</summary>
    public static RegoObject Put(RegoObject from, string member, RegoValue? value)
    {
        var copy = new RegoObject.Builder(from.Count + 1);
        foreach (var (name, old) in from)
            if (name is not RegoString { Value: var known } || known != member) copy.Set(name, old);
        if (value is not null) copy.Set(member, value);
        return copy.Build();
    }

    private static bool IsAsserted(RegoObject facts, string group) =>
        Member(facts, group) is { } origin && origin.TryGet("source", out var source)
        && source is RegoString { Value: "caller" };

    private static RegoObject? Member(RegoObject from, string name) =>
        from.TryGet(name, out var value) ? value as RegoObject : null;
}
