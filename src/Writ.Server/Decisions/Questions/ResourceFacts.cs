using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Writ.Protocol;
using Writ.Rego.Values;
using Writ.Server.Storage;

namespace Writ.Server.Decisions;

/// <summary>The action and the resource of a question.</summary>
internal static class ResourceFacts
{
    /// <summary>The action of a token for the management API.</summary>
    public const string Connect = "writ:connect";

    /// <summary>The type of what is registered.</summary>
    public const string Type = "resource";

    private const int MaxActions = 4096;

    private static readonly RegoObject.Shape NameAndProperties = new("name", "properties");
    private static readonly RegoObject.Shape NounAndVerb = new("noun", "verb");
    private static readonly RegoObject.Shape Entity = new("type", "id", "properties");
    private static readonly RegoObject.Shape Registered = new(
        "uri", "owner", "team", "classification", "classification_rank", "purposes", "datatypes", "identifier");
    private static readonly RegoObject.Shape Managed = new("team", "owner", "gives_role");

    private static readonly ConcurrentDictionary<string, RegoObject> Actions = new(StringComparer.Ordinal);
    private static readonly ConditionalWeakTable<ResourceRow, RegoObject> Whole = [];

    /// <summary>What is asked over AuthZEN may have a name of another form: then it has neither noun nor verb.
    /// </summary>
    public static RegoObject Action(string name)
    {
        if (Actions.TryGetValue(name, out var known)) return known;
        if (!ActionName.TryParse(name, out var action))
            return NameAndProperties.Of(RegoString.Of(name), RegoObject.Empty);
        var made = NameAndProperties.Of(
            RegoString.Of(name),
            NounAndVerb.Of(RegoString.Of(action.Noun.ToString()), RegoString.Of(action.Verb.ToString())));
        return Actions.Count < MaxActions ? Actions.GetOrAdd(name, made) : made;
    }

    /// <summary>The place of a level among the levels; null: it is none of them.</summary>
    public static RegoNumber? Rank(string level) => Classification.Levels.Contains(level, StringComparer.Ordinal)
        ? RegoNumber.Of(Classification.Rank(level))
        : null;

    /// <summary>What is asked about: as the registry has it, else as whoever asks describes it.</summary>
    public static RegoObject Of(AccessQuestion question, RegistrySnapshot registry) =>
        question.ResourceIn(registry) is { } row
            ? Of(row, question.Datatypes, question.Identifier)
            : question.Asserted("resource", question.ResourceType, question.ResourceId);

    /// <summary>A registered resource, and which part of it is asked for.</summary>
    public static RegoObject Of(string uri, AuthorizationDetail? detail, RegistrySnapshot registry)
    {
        if (!registry.ByUri.TryGetValue(uri, out var row)) throw new InvalidOperationException($"{uri} is unknown.");
        return Of(row, detail?.Datatypes, detail?.Identifier);
    }

    private static RegoObject Of(ResourceRow row, IReadOnlyList<string>? datatypes, string? identifier) =>
        datatypes is null && identifier is null
            ? Whole.GetValue(row, static row => Of(row, Properties(row, null, null)))
            : Of(row, Properties(row, datatypes, identifier));

    private static RegoObject Of(ResourceRow row, RegoObject properties) =>
        Entity.Of(Word.Of(Type), RegoString.Of(row.Name), properties);

    /// <summary>What an administrative act touches.</summary>
    public static RegoObject Management(ActTarget target) => Management(target.Name, Managed.Of(
        target.Team is { } team ? RegoString.Of(team) : null,
        target.Owner is { } owner ? RegoString.Of(owner) : null,
        target.Gives is { } gift ? RegoString.Of(gift.Role) : null));

    /// <summary>The management API as a whole.</summary>
    public static RegoObject Management(RegistrySnapshot registry) => Management(registry.Issuer, RegoObject.Empty);

    private static RegoObject Management(string id, RegoObject properties) =>
        Entity.Of(Word.Of(ManagementActions.ResourceName), RegoString.Of(id), properties);

    // An unknown level has no rank: what compares it is undefined, and refuses.
    internal static RegoObject Properties(ResourceRow row, IReadOnlyList<string>? datatypes, string? identifier) =>
        Registered.Of(
            RegoString.Of(row.Uri), RegoString.Of(row.Owner), RegoString.Of(row.Team),
            RegoString.Of(row.Classification), Rank(row.Classification),
            ContextFacts.Texts(Stored.Strings(row.Purposes)),
            datatypes is null ? null : ContextFacts.Texts(datatypes),
            identifier is null ? null : RegoString.Of(identifier));
}
