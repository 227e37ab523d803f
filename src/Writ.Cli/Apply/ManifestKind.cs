using System.Collections.Frozen;
using System.Collections.Immutable;
using Writ.Cli.Nouns;

namespace Writ.Cli.Apply;

/// <summary>
/// What a kind of document is to the API. The list is in the order of dependence: what comes later may name what came
/// earlier.
/// </summary>
/// <param name="Name">As in the document: <c>kind: Resource</c>.</param>
/// <param name="Register">Where things of the kind are created.</param>
/// <param name="PathOf">Where one of them is.</param>
internal sealed record ManifestKind(string Name, string Register, Func<string, string> PathOf)
{
    /// <summary>Members that are lists of grants or authorization details.</summary>
    public FrozenSet<string> Authorities { get; init; } = [];

    /// <summary>Members that hold SPIFFE ids, which may be written without the trust domain.</summary>
    public FrozenSet<string> Ids { get; init; } = ["owner"];

    /// <summary>Members that matter when the thing is made and cannot be compared afterwards.</summary>
    public FrozenSet<string> AtBirth { get; init; } = [];

    /// <summary>Members that never change once the thing is there.</summary>
    public FrozenSet<string> Fixed { get; init; } = [];

    public static readonly ImmutableArray<ManifestKind> All =
    [
        new("Resource", "/v1/resources", name => $"/v1/resources/{Uri.EscapeDataString(name)}")
        {
            Fixed = ["uri"],
        },
        new("Identity", "/v1/identities", IdentityNoun.PathOf)
        {
            Authorities = ["entitlements"],
            AtBirth = ["expires_in_days"],
            Fixed = ["kind"],
        },
        new("Workflow", "/v1/workflows", name => $"/v1/workflows/{Uri.EscapeDataString(name)}")
        {
            Authorities = ["authority"],
            Ids = ["owner", "agents", "starters"],
        },
    ];
}
