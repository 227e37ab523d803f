using Writ.Protocol;
using Writ.Rego.Values;
using Writ.Server.Storage;

namespace Writ.Server.Decisions;

/// <summary>The action and the resource of a question.</summary>
internal static class ResourceFacts
{
    /// <summary>The action of a token for the management API.</summary>
    public const string Connect = "writ:connect";

    public static RegoObject Action(string name)
    {
        var action = ActionName.Parse(name);
        return new RegoObject.Builder(2)
            .Set("name", RegoString.Of(name))
            .Set("properties", new RegoObject.Builder(2)
                .Set("noun", RegoString.Of(action.Noun.ToString())).Set("verb", RegoString.Of(action.Verb.ToString()))
                .Build())
            .Build();
    }

    /// <summary>A registered resource, and which part of it is asked for.</summary>
    public static RegoObject Of(string uri, AuthorizationDetail? detail, RegistrySnapshot registry)
    {
        if (!registry.ByUri.TryGetValue(uri, out var row)) throw new InvalidOperationException($"{uri} is unknown.");
        return new RegoObject.Builder(3)
            .Set("type", RegoString.Of("resource"))
            .Set("id", RegoString.Of(row.Name))
            .Set("properties", Properties(row, detail))
            .Build();
    }

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

    internal static RegoObject Properties(ResourceRow row, AuthorizationDetail? detail)
    {
        var properties = new RegoObject.Builder(8)
            .Set("uri", RegoString.Of(row.Uri))
            .Set("owner", RegoString.Of(row.Owner))
            .Set("team", RegoString.Of(row.Team))
            .Set("classification", RegoString.Of(row.Classification))
            .Set("purposes", ContextFacts.Texts(Stored.Strings(row.Purposes)));
        if (Classification.Levels.Contains(row.Classification, StringComparer.Ordinal))
            properties.Set("classification_rank", RegoNumber.Of(Classification.Rank(row.Classification)));
        if (detail?.Datatypes is { } datatypes) properties.Set("datatypes", ContextFacts.Texts(datatypes));
        if (detail?.Identifier is { } identifier) properties.Set("identifier", RegoString.Of(identifier));
        return properties.Build();
    }
}
