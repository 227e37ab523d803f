using Writ.Server.Decisions;
using Writ.Server.Storage;

namespace Writ.Server.Access;

/// <summary>
/// Who or what a search may have to list: of what is registered, whatever an entitlement names. Nobody else is ever
/// allowed anything by the registry, and of what nobody registered the broker knows no names.
/// </summary>
public sealed class Candidates(IdentityStore identities)
{
    /// <summary>Those behind a place, in order, up to a number.</summary>
    internal async Task<IReadOnlyList<string>> AfterAsync(
        SearchForm form, Facts facts, string place, int most, CancellationToken cancel) => form.Wanted switch
        {
            Wanted.Subject => form.Question.ResourceIn(facts.Registry) is { } resource
                ? await identities.EntitledAsync(form.Question.SubjectType, resource.Uri, place, most, cancel)
                : [],
            Wanted.Resource => Next(ResourcesFor(form.Question, facts), place, most),
            _ => Next(form.Question.ResourceIn(facts.Registry)?.Actions.Split(' ') ?? [], place, most),
        };

    /// <summary>Of whom the registry does not know the policy alone decides, at every resource.</summary>
    private static IEnumerable<string> ResourcesFor(AccessQuestion question, Facts facts)
    {
        if (question.ResourceType != ResourceFacts.Type) return [];
        return facts.Agent is { } subject
            ? subject.Entitlements.Locations.Select(uri => facts.Registry.ByUri.GetValueOrDefault(uri)?.Name)
                .OfType<string>()
            : facts.Registry.ByName.Keys;
    }

    private static List<string> Next(IEnumerable<string> names, string place, int most) =>
        [.. names.Where(n => string.CompareOrdinal(n, place) > 0).Order(StringComparer.Ordinal).Take(most)];
}
