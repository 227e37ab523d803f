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

    /// <summary>What is asked over AuthZEN may have a name of another form: then it has neither noun nor verb.
    /// </summary>
    public static RegoObject Action(string name)
    {
        var properties = new RegoObject.Builder(2);
        if (ActionName.TryParse(name, out var action))
            properties.Set("noun", RegoString.Of(action.Noun.ToString()))
                .Set("verb", RegoString.Of(action.Verb.ToString()));
        return new RegoObject.Builder(2)
            .Set("name", RegoString.Of(name))
            .Set("properties", properties.Build())
            .Build();
    }

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
        new RegoObject.Builder(3)
            .Set("type", RegoString.Of(Type))
            .Set("id", RegoString.Of(row.Name))
            .Set("properties", Properties(row, datatypes, identifier))
            .Build();

    /// <summary>What an administrative act touches.</summary>
    public static RegoObject Management(ActTarget target)
    {
        var properties = new RegoObject.Builder(4);
        if (target.Team is { } team) properties.Set("team", RegoString.Of(team));
        if (target.Owner is { } owner) properties.Set("owner", RegoString.Of(owner));
        if (target.Gives is { } gift) properties.Set("gives_role", RegoString.Of(gift.Role));
        return Management(target.Name, properties.Build());
    }

    /// <summary>The management API as a whole.</summary>
    public static RegoObject Management(RegistrySnapshot registry) => Management(registry.Issuer, RegoObject.Empty);

    private static RegoObject Management(string id, RegoObject properties) => new RegoObject.Builder(3)
        .Set("type", RegoString.Of(ManagementActions.ResourceName))
        .Set("id", RegoString.Of(id))
        .Set("properties", properties)
        .Build();

    internal static RegoObject Properties(ResourceRow row, IReadOnlyList<string>? datatypes, string? identifier)
    {
        var properties = new RegoObject.Builder(8)
            .Set("uri", RegoString.Of(row.Uri))
            .Set("owner", RegoString.Of(row.Owner))
            .Set("team", RegoString.Of(row.Team))
            .Set("classification", RegoString.Of(row.Classification))
            .Set("purposes", ContextFacts.Texts(Stored.Strings(row.Purposes)));
        if (Classification.Levels.Contains(row.Classification, StringComparer.Ordinal))
            properties.Set("classification_rank", RegoNumber.Of(Classification.Rank(row.Classification)));
        if (datatypes is not null) properties.Set("datatypes", ContextFacts.Texts(datatypes));
        if (identifier is not null) properties.Set("identifier", RegoString.Of(identifier));
        return properties.Build();
    }
}
