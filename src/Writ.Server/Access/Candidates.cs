using Writ.Protocol;
using Writ.Rego.Values;
using Writ.Server.Decisions;
using Writ.Server.Policies;
using Writ.Server.Storage;

namespace Writ.Server.Access;

/// <summary>
/// Who or what a search may have to list. Of what is registered, whatever an entitlement names: nobody else is allowed
/// anything there. Of the rest the broker knows no names but those that the policy gives at <c>data.writ.search</c>.
/// </summary>
public sealed class Candidates(IdentityStore identities, TimeProvider time)
{
    private const int MaxName = 2048;

    // In a place: whether what is registered comes behind it still, or names of the policy alone.
    private const char Registered = 'r';
    private const char Named = 'p';

    /// <summary>Those behind a place, up to a number; fewer are the last. Where an identity may ask about nobody but
    /// itself, nobody else who is registered is looked at.</summary>
    internal async Task<IReadOnlyList<Candidate>> AfterAsync(
        SearchForm form, Principal asking, Facts facts, string place, int most, CancellationToken cancel)
    {
        var found = new List<Candidate>();
        if (place is not [Named, ..])
        {
            var known = await RegisteredAsync(
                form, asking, facts, place.Length == 0 ? "" : place[1..], most, cancel);
            found.AddRange(known.Select(name => new Candidate(name, Registered + name)));
        }
        var behind = place is [Named, .. var last] ? last : "";
        found.AddRange(Next(NamedBy(form, facts), behind, most - found.Count).Select(n => new Candidate(n, Named + n)));
        return found;
    }

    private async Task<IReadOnlyList<string>> RegisteredAsync(
        SearchForm form, Principal asking, Facts facts, string behind, int most, CancellationToken cancel) =>
        form.Wanted switch
        {
            Wanted.Subject => form.Question.ResourceIn(facts.Registry) is { } resource
                ? asking.Identity is { } self && !AccessRules.MayLetInto(self, resource)
                    ? Next(self.Kind == form.Question.SubjectType ? [self.Id] : [], behind, most)
                    : await identities.EntitledAsync(form.Question.SubjectType, resource.Uri, behind, most, cancel)
                : [],
            Wanted.Resource => Next(ResourcesFor(form.Question, facts), behind, most),
            _ => Next(ActionsOf(form.Question, facts), behind, most),
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

    private static string[] ActionsOf(AccessQuestion question, Facts facts) =>
        question.ResourceIn(facts.Registry)?.Actions.Split(' ') ?? [];

    /// <summary>Names by the policy of what nobody registered; that it names them gives nothing.</summary>
    private IEnumerable<string> NamedBy(SearchForm form, Facts facts)
    {
        var (list, isRegistered) = form.Wanted switch
        {
            Wanted.Subject => ("subjects", (Func<string, bool>)(name => SpiffeId.TryParse(name, out _))),
            Wanted.Resource => ("resources", _ => form.Question.ResourceType == ResourceFacts.Type),
            _ => ("actions", ActionsOf(form.Question, facts).Contains),
        };
        var found = facts.Policy.Documents.Query(
            ["writ", "search", list], form.Question.Said, isStrict: false, facts.Now, time);
        IEnumerable<RegoValue> values = found is not QueryAnswer.Defined { Value: var value } ? []
            : value is RegoSet set ? set : value is RegoArray array ? array.Span.ToArray() : [];
        return values.OfType<RegoString>().Select(text => text.Value)
            .Where(name => name.Length is > 0 and <= MaxName && !isRegistered(name));
    }

    private static List<string> Next(IEnumerable<string> names, string behind, int most) =>
    [
        .. names.Where(n => string.CompareOrdinal(n, behind) > 0).Distinct(StringComparer.Ordinal)
            .Order(StringComparer.Ordinal).Take(most),
    ];
}

/// <summary>Something that a search decides about.</summary>
/// <param name="Name">Its id or name.</param>
/// <param name="Place">Where it stands among all.</param>
internal sealed record Candidate(string Name, string Place);
