using System.Collections.Frozen;
using Writ.Protocol;
using Writ.Rego.Values;

namespace Writ.Client;

/// <summary>A bundle with its policy, ready to decide on. Immutable: a decision never mixes two versions.</summary>
internal sealed class LocalFacts
{
    private readonly FrozenDictionary<string, LocalSubject> _subjects;
    private readonly FrozenDictionary<string, LocalResource> _byName;
    private readonly FrozenDictionary<string, LocalResource> _byUri;

    internal LocalFacts(DecisionBundle bundle, LocalPolicy policy)
    {
        Bundle = bundle;
        Policy = policy;
        MaxDepth = RegoNumber.Of(bundle.MaxDepth);
        Request = LocalContext.RequestOf(bundle.Audience);
        var shapes = new Dictionary<string, RegoObject.Shape>(StringComparer.Ordinal);
        _subjects = bundle.Subjects.Select(told => new LocalSubject(told, MaxDepth, shapes))
            .ToFrozenDictionary(subject => subject.Id, StringComparer.Ordinal);
        LocalResource[] resources = [.. bundle.Resources.Select(told => new LocalResource(told))];
        _byName = resources.ToFrozenDictionary(resource => resource.Name, StringComparer.Ordinal);
        _byUri = resources.ToFrozenDictionary(resource => resource.Uri, StringComparer.Ordinal);
    }

    internal DecisionBundle Bundle { get; }

    internal LocalPolicy Policy { get; }

    internal RegoNumber MaxDepth { get; }

    /// <summary>What kind of request all questions here are.</summary>
    internal RegoObject Request { get; }

    internal LocalSubject? Subject(string id) => _subjects.GetValueOrDefault(id);

    internal LocalResource? Resource(string name) =>
        _byName.TryGetValue(name, out var known) || _byUri.TryGetValue(name, out known) ? known : null;
}
