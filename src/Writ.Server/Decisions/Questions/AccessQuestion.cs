using Writ.Protocol;
using Writ.Rego.Values;
using Writ.Server.Storage;

namespace Writ.Server.Decisions;

/// <summary>
/// Whether somebody may do something, as whoever asks puts it (AuthZEN 1.0 §5). None of it is a fact: it says which
/// facts are asked about, and the policy may see the rest as what a caller asserts.
/// </summary>
public sealed record AccessQuestion
{
    public required string SubjectType { get; init; }
    public required string SubjectId { get; init; }
    public required string Action { get; init; }
    public required string ResourceType { get; init; }
    public required string ResourceId { get; init; }

    /// <summary>The single thing of the resource that is asked about; null: any.</summary>
    public string? Identifier { get; init; }

    /// <summary>The kinds of data of the resource that are asked about; null: all.</summary>
    public IReadOnlyList<string>? Datatypes { get; init; }

    /// <summary>The task that it is done under, as the asking side names it; null: none.</summary>
    public string? Task { get; init; }

    /// <summary>The obligations that the asking side will keep.</summary>
    public IReadOnlyList<string> Honours { get; init; } = [];

    /// <summary>The question as it was sent, whole: <c>subject</c>, <c>action</c>, <c>resource</c>, <c>context</c>.
    /// </summary>
    public required RegoObject Said { get; init; }

    /// <summary>A registered resource is named by its URI, or by its name with the type <c>resource</c>. A thing of
    /// another type that happens to bear the same name is another thing.</summary>
    internal ResourceRow? ResourceIn(RegistrySnapshot registry) =>
        registry.ByUri.TryGetValue(ResourceId, out var row)
        || (ResourceType == ResourceFacts.Type && registry.ByName.TryGetValue(ResourceId, out row)) ? row : null;

    /// <summary>The management API is not asked about: its acts are decided when they are done.</summary>
    internal bool IsAboutManagement(RegistrySnapshot registry) =>
        ResourceType == ManagementActions.ResourceName || ResourceId == registry.Issuer;

    /// <summary>What an entitlement must hold for it.</summary>
    internal AuthorizationDetail DetailAt(string uri, ActionName action) =>
        AuthorizationDetail.Of([action], [uri], Datatypes, Identifier);

    /// <summary>A subject or resource that nobody registered, as whoever asks describes it.</summary>
    internal RegoObject Asserted(string member, string type, string id)
    {
        var entity = new RegoObject.Builder(3).Set("type", RegoString.Of(type)).Set("id", RegoString.Of(id));
        var properties = Said.TryGet(member, out var said) && said is RegoObject whole
            && whole.TryGet("properties", out var value) ? value : RegoObject.Empty;
        return entity.Set("properties", properties).Build();
    }
}
